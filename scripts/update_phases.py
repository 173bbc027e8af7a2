#!/usr/bin/env python3
"""Writes the programs of docs/phases.md anew: what each phase makes of the description that the page begins with.

    scripts/update_phases.py [--attn-opt PATH] [--attn-compile PATH] [--check]

A block follows each marker `<!-- phase: NAME -->`. The block of `spec` is the input; the others are replaced. With --check
nothing is written: the status says whether the page is up to date.

For GPUs the page shows skeletons: control flow, copies, products and barriers in their order, and how often everything else
that is worth a name occurs between them.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/phases.md"
FLAGS = ["--attn-normalize", "--attn-tile", "--attn-schedule", "--attn-to-cpu"]
PIPELINES = {"normalize": FLAGS[:1], "tile": FLAGS[:2], "schedule": FLAGS[:3], "target": FLAGS}
BLOCKS_AND_WARPS = [*FLAGS[:3], "--attn-outline-stages", "--cse", "--attn-lower-warps"]
BLOCK = r"(<!-- phase: {} -->\n```[a-z]*\n)(.*?)(```\n)"


def run(attn_opt, program, flags):
    return subprocess.run([attn_opt, *flags], input=program, check=True, capture_output=True, text=True).stdout


def outdent(lines):
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "".join(line[indent:].rstrip() + "\n" for line in lines)


def functions(text):
    """Without the module around them."""
    return outdent(text.strip().splitlines()[1:-1])


def members(text, shown):
    """The loop of one member in full, the others by their first line, and nothing of what is computed between them."""
    lines = functions(text).splitlines()
    result = [lines[0], "  ..."]
    inside = False
    for line in lines[1:]:
        if line.startswith("  attn.parallel "):
            inside = f'"{shown}"' in line
            result.append(line if inside else line + " ... }")
        elif line.startswith("  attn.") or " = attn.workspace" in line:
            result.append(line)
        elif inside:
            result.append(line)
            inside = not line.startswith("  }")
    return "\n".join(result + ["}"]) + "\n"


def kernel_excerpt(text):
    """The functions that other programs see, and how the first product of a panel kernel begins."""
    lines = text.splitlines()
    signatures = [line.strip() for line in lines if "llvm.func @" in line and "@attn_" not in line]
    exported = [signature.split(" attributes")[0].rstrip(" {") for signature in signatures]
    kernel = next(number for number, line in enumerate(lines) if re.search(r"llvm\.func @attn_panel_\d+", line))
    first = next(number for number in range(kernel, len(lines)) if re.search(r"llvm\.intr\.fma\(.*vector", lines[number]))
    body = outdent(lines[first - 3 : first + 5])
    title = "// From a panel kernel: a key's element times the lanes of queries, which stay in registers.\n"
    return "\n".join(exported) + "\n\n" + title + body


# ---- GPUs ----

# What keeps its place in a skeleton, and what is counted between two of these.
ORDERED = r"""nvvm\.(?:setmaxregister\s+\w+\s\d+|barrier0|barrier\b|mbarrier\.(?:try_wait\.parity|arrive\.expect_tx)|fence\.proxy|wgmma\.(?:fence|commit)
  |cp\.async\.(?:commit|wait)\.group(?:[ ]\d+)?|cp\.async\.bulk\.(?:tensor\.[\w.]+|commit\.group|wait_group))
  |llvm\.atomicrmw|mbarrier\.arrive|wgmma\.wait_group\.sync\.aligned[ ]\d+"""
COUNTED = r"""nvvm\.(?:mbarrier\.init|cp\.async\.shared\.global|ldmatrix|stmatrix|mma\.sync|shfl\.sync\s+bfly)|wgmma\.mma_async\.sync\.aligned\.\w+|math\.exp2"""
ORDERED_PTX = r"""mbarrier\.(?:try_wait\.parity|arrive)|wgmma\.(?:fence|commit_group|wait_group)\.sync\.aligned(?:[ ]\d)?
  |cp\.async\.(?:commit_group|wait_group[ \t]+\d)|(?:bar|barrier)\.(?:cta\.)?sync"""
COUNTED_PTX = r"""wgmma\.mma_async[\w.]+|mma\.sync[\w.]+|ldmatrix[\w.]+|cp\.async\.c[ag]\.shared\.global|ex2\.approx[\w.]*|shfl\.sync\.bfly[\w.]*|cvt\.rn\.bf16x2\.f32"""


class Skeleton:
    """Lines of what matters in a program."""

    def __init__(self, ordered, counted):
        self.ordered, self.counted = re.compile(ordered, re.VERBOSE), re.compile(counted, re.VERBOSE)
        self.lines, self.counts, self.indent = [], {}, 0

    def put(self, text):
        for name, count in self.counts.items():
            self.lines.append("  " * self.indent + name + (f"  x {count}" if count > 1 else ""))
        self.counts = {}
        if text:
            self.lines.append("  " * self.indent + text)

    def shorten(self, first):
        """A short branch, which begins at line `first`, becomes one line; a loop like the one before it is only counted."""
        inner = [line.strip() for line in self.lines[first + 1 : -1]]
        if self.lines[first].endswith("scf.if {") and len(inner) < 3 and not any("{" in line or "}" in line for line in inner):
            self.lines[first:] = [self.lines[first] + " " + "; ".join(inner) + " }"]
            return
        length = len(self.lines) - first
        before = self.lines[max(0, first - length) : first]
        if before[1:] == self.lines[first + 1 :] and before[0].split("  x ")[0] == self.lines[first]:
            count = int(before[0].split("  x ")[1]) if "  x " in before[0] else 1
            self.lines[first - length] = self.lines[first] + f"  x {count + 1}"
            del self.lines[first:]

    def read(self, line):
        """Whether the line has a place in the skeleton."""
        ordered, counted = self.ordered.search(line), self.counted.search(line)
        if counted and not line.lstrip().startswith("nvvm.wgmma"):
            name = " ".join(counted.group().split())
            self.counts[name] = self.counts.get(name, 0) + 1
        elif ordered:
            self.put(" ".join(ordered.group().split()))


def kernel_skeleton(text, name):
    """The control flow of one kernel with its copies, products and barriers. Branches without any are left out."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if f"func.func @{name}(" in line)
    end = next(number for number in range(start, len(lines)) if lines[number] == "  }")
    skeleton, opened = Skeleton(ORDERED, COUNTED), []
    for line in lines[start + 1 : end]:
        control = re.search(r"scf\.(while|for|if)\b", line)
        if re.match(r"\s*} (do|else) {", line):
            skeleton.put(None)
            opened[-1][1].append(len(skeleton.lines))
            skeleton.lines.append("  " * (skeleton.indent - 1) + line.strip())
        elif control and line.rstrip().endswith("{"):
            skeleton.put(f"scf.{control.group(1)} {{")
            opened.append((len(skeleton.lines) - 1, []))
            skeleton.indent += 1
        elif opened and re.match(r"\s*}", line):
            skeleton.put(None)
            skeleton.indent -= 1
            first, middle = opened.pop()
            # A part without content goes, and with it what surrounds it.
            if len(skeleton.lines) == first + 1 + len(middle):
                del skeleton.lines[first:]
            else:
                for place in reversed(middle):
                    if place + 1 == len(skeleton.lines) or place == first + 1:
                        del skeleton.lines[place]
                skeleton.lines.append("  " * skeleton.indent + "}")
                skeleton.shorten(first)
        else:
            skeleton.read(line)
    skeleton.put(None)
    return "\n".join(skeleton.lines) + "\n"


def free_loop(text, member):
    """The loop of a member over the key tiles that need no guard."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if f'attn.parallel "{member}"' in line)
    while True:
        start = next(number for number in range(start + 1, len(lines)) if "attn.for_keys" in lines[number])
        indent = len(lines[start]) - len(lines[start].lstrip())
        end = next(number for number in range(start, len(lines)) if lines[number] == " " * indent + "}")
        if not any("attn.restrict" in line for line in lines[start:end]):
            return outdent(lines[start : end + 1])


def ptx_loop(text, name):
    """The shortest loop of a kernel that multiplies."""
    lines = text[text.index(f".entry {name}(") :].splitlines()
    lines = lines[: next(number for number, line in enumerate(lines) if line == "}")]
    labels = {line[:-1]: number for number, line in enumerate(lines) if re.fullmatch(r"\$L\w+:", line)}
    branches = [(number, re.search(r"bra(?:\.uni)?\s+(\$L\w+);", line)) for number, line in enumerate(lines)]
    loops = [(labels[branch.group(1)], number) for number, branch in branches if branch and labels[branch.group(1)] < number]
    loops = [loop for loop in loops if any("mma_async" in line or "mma.sync" in line for line in lines[loop[0] : loop[1]])]
    first, last = min(loops, key=lambda loop: loop[1] - loop[0])
    skeleton = Skeleton(ORDERED_PTX, COUNTED_PTX)
    for line in lines[first:last]:
        skeleton.read(line)
    skeleton.put(None)
    return "\n".join(skeleton.lines) + "\n"


def emit_ptx(attn_compile, program, target):
    """PTX alone: no assembler is needed for the page."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "program.mlir")
        source.write_text(program, encoding="utf-8")
        environment = {**os.environ, "ATTN_PTXAS": shutil.which("true")}
        subprocess.run([attn_compile, str(source), f"--target={target}", "-o", folder], check=True, capture_output=True, text=True, env=environment)
        return next(pathlib.Path(folder).glob("*.ptx")).read_text(encoding="utf-8")


SHOWN = {
    "normalize": functions,
    "tile": lambda text: members(text, "rows"),
    "schedule": lambda text: members(text, "rows"),
    "target": kernel_excerpt,
}


def on_gpu(program, target):
    """The same description with 16-bit inputs."""
    return re.sub(r"#attn\.target<.*?>", f'#attn.target<"{target}">', program).replace("xf32>", "xbf16>")


def blocks(program, attn_opt, attn_compile):
    """The name and text of every block but the first."""
    for phase, show in SHOWN.items():
        yield phase, show(run(attn_opt, program, PIPELINES[phase]))
    kernel = re.search(r"@(\w+)\(", program).group(1) + "_stage_0"
    schedule = run(attn_opt, on_gpu(program, "sm_90a"), PIPELINES["schedule"])
    yield "gpu-schedule", "".join(line + "\n" for line in members(schedule, None).splitlines() if "attn.parallel" in line) + "\n" + free_loop(schedule, "rows")
    for target in ("sm_80", "sm_90a"):
        yield f"{target}-blocks", kernel_skeleton(run(attn_opt, on_gpu(program, target), BLOCKS_AND_WARPS), kernel)
        yield f"{target}-ptx", ptx_loop(emit_ptx(attn_compile, on_gpu(program, target), target), kernel)


def update(page, attn_opt, attn_compile):
    program = re.search(BLOCK.format("spec"), page, flags=re.DOTALL).group(2)
    for phase, text in blocks(program, attn_opt, attn_compile):
        page, count = re.subn(BLOCK.format(phase), lambda match: match.group(1) + text + match.group(3), page, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"error: expected one block after <!-- phase: {phase} -->, but got {count}")
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attn-opt", default=str(ROOT / "build/bin/attn-opt"))
    parser.add_argument("--attn-compile", default=str(ROOT / "build/bin/attn-compile"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    old = PAGE.read_text(encoding="utf-8")
    new = update(old, arguments.attn_opt, arguments.attn_compile)
    if arguments.check and old != new:
        sys.exit("error: docs/phases.md no longer shows what the compiler does; run scripts/update_phases.py, look at the difference")
    if not arguments.check:
        PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
