"""The table of a benchmark run, from its JSON form."""

import re

import cells


def stem(run):
    """File name for this machine's results."""
    identity = run["machine"]
    words = f"{identity['cpu']} family {identity['family']} model {identity['model']}"
    return "cpu-" + re.sub("[^a-z0-9]+", "-", words.lower()).strip("-")


def _rate(cell, measured, result):
    """GFLOP/s on visible pairs, or GB/s of K and V where memory is the roof."""
    work = measured["bytes"] if cell.roof == cells.READ else measured["flops"]
    return work / result["median"] / 1e9


def _share(cell, measured, result, peaks):
    """Of the cell's roof. Memory's roof is what plain reads reached beside each timing."""
    if cell.roof == cells.READ:
        return result["read_share"]
    return _rate(cell, measured, result) / {cells.FMA: peaks["fma_gflops"], cells.BF16_DOT: peaks["bf16_gflops"]}[cell.roof]


class _Judged:
    """One cell's figures and whether each bar holds."""

    def __init__(self, cell, part):
        measured = part["cells"][cell.name]
        self.cell, self.verdicts = cell, []
        candidates = measured["candidates"]
        self.ours = candidates.get("attn")
        usable = lambda result: result is not None and "median" in result
        self.quiet = not usable(self.ours) or self.ours["quiet"] > 0
        self.rate = _rate(cell, measured, self.ours) if usable(self.ours) else None
        self.share = _share(cell, measured, self.ours, part["peaks"]) if self.rate else None
        self.peers = {}
        for name, bar in cell.ratios.items():
            result = candidates[name]
            rate = _rate(cell, measured, result) if usable(result) else None
            ratio = result["median"] / self.ours["median"] if rate and self.rate else None
            self.peers[name] = (rate, ratio, bar, result)
            if bar and self.rate and rate:
                self.verdicts.append(ratio >= bar)
                self.quiet = self.quiet and result["quiet"] > 0
        if self.ours is not None and not usable(self.ours):
            self.verdicts.append(False)
        if self.share and cell.share:
            self.verdicts.append(self.share >= cell.share)
        self.reference = None
        base = part["cells"].get(cell.reference or "", {"candidates": {}})["candidates"].get("attn")
        if self.rate and usable(base):
            self.reference = self.rate / (part["cells"][cell.reference]["flops"] / base["median"] / 1e9)
            self.verdicts.append(self.reference >= cell.reference_share)
            self.quiet = self.quiet and base["quiet"] > 0

    def verdict(self):
        """"met" or "missed"; "undecided" where a figure that counts was never taken on a quiet machine; empty without a bar."""
        if not self.verdicts:
            return ""
        if not self.quiet:
            return "undecided"
        return "met" if all(self.verdicts) else "missed"


def _ours_text(judged):
    if judged.ours is None:
        return "-"
    if judged.rate is None:
        return judged.ours["reason"]
    best = judged.rate * judged.ours["median"] / judged.ours["best"]
    return f"{judged.rate:.1f} / {best:.1f}" + ("" if judged.ours["quiet"] else " (disturbed)")


def _share_text(judged):
    parts = []
    if judged.share is not None:
        bar = f" ({judged.cell.share:.0%})" if judged.cell.share else ""
        roof = f"{judged.cell.roof} at {judged.ours['reads']:.1f}" if judged.cell.roof == cells.READ else judged.cell.roof
        parts.append(f"{judged.share:.0%}{bar} of {roof}")
    if judged.reference is not None:
        parts.append(f"{judged.reference:.2f} ({judged.cell.reference_share}) of {judged.cell.reference}")
    return "; ".join(parts) or "-"


def _peers_text(judged):
    parts = []
    for name, (rate, ratio, bar, result) in judged.peers.items():
        if rate is None:
            parts.append(f"{name}: {result['reason'][:100]}")
            continue
        times = f", {ratio:.2f}x" if ratio else ""
        wanted = f" ({bar}x)" if bar and ratio else ""
        parts.append(f"{name} {rate:.3g}{times}{wanted}" + ("" if result["quiet"] else " (disturbed)"))
    return "; ".join(parts)


def _table(part, table):
    lines = ["| row | cell | ours, median / best | share of roof (bar) | peers: rate, ratio (bar) | |", "|---|---|---|---|---|---|"]
    for row in table:
        judged = [_Judged(cell, part) for cell in row.cells if cell.name in part["cells"]]
        for index, entry in enumerate(judged):
            title = row.title if index == 0 else ""
            lines.append(
                f"| {title} | {entry.cell.name} | {_ours_text(entry)} | {_share_text(entry)} | {_peers_text(entry)} | {entry.verdict()} |"
            )
    return lines


def _scaling(run, keys=("full", "causal", "bf16"), bar=1.9):
    """How much faster two threads are than one, for the long cells of the matrix rows."""
    one, two = run["threads"]["1"]["cells"], run["threads"]["2"]["cells"]
    lines = ["| two threads | one thread, ms | two, ms | ratio (bar 1.9x) | |", "|---|---|---|---|---|"]
    for row in cells.rows(run["machine"]["vendor"], run["threads"]["1"]["peaks"]["bf16_gflops"] > 0):
        for cell in row.cells:
            results = [part.get(cell.name, {}).get("candidates", {}).get("attn", {}) for part in (one, two)]
            if row.key in keys and cell.problem.queries >= 4096 and all("median" in result for result in results):
                times = [result["median"] for result in results]
                ratio = times[0] / times[1]
                quiet = all(result["quiet"] for result in results)
                verdict = "undecided" if not quiet else "met" if ratio >= bar else "missed"
                lines.append(f"| {cell.name} | {times[0] * 1e3:.2f} | {times[1] * 1e3:.2f} | {ratio:.2f} | {verdict} |")
    return lines if len(lines) > 2 else []


def _compile_times(results):
    lines = ["| compile, ms, median / best | cold (bar 300) | cached (bar 10) | |", "|---|---|---|---|"]
    for name, times in results.items():
        met = times["cold"] <= 0.3 and times["cached"] <= 0.01
        lines.append(
            f"| {name} | {times['cold'] * 1e3:.0f} / {times['cold_best'] * 1e3:.0f} | {times['cached'] * 1e3:.1f} / "
            f"{times['cached_best'] * 1e3:.1f} | {'met' if met else 'missed'} |"
        )
    return lines


def _memory(result):
    met = "met" if result["excess"] <= result["allowed"] else "missed"
    return [
        f"Peak resident memory, one head, D = 64, causal: {result['short'] / 1e6:.0f} MB at T = 1024, {result['long'] / 1e6:.0f} MB at "
        f"T = 65536: {result['excess'] / 1e6:.0f} MB more (allowed {result['allowed'] / 1e6:.0f} MB): {met}."
    ]


def markdown(run):
    identity = run["machine"]
    first = next(iter(run["threads"].values()))
    lines = [
        f"# CPU benchmark: {identity['cpu']} (family {identity['family']}, model {identity['model']}), {identity['cores']} cores",
        "",
        f"Commit {run['commit']}; `{run['command']}`; PyTorch {first['torch']}, Python {identity['python']}, Linux {identity['kernel']}.",
        "",
        "Rates are GFLOP/s on visible pairs, for Tq = 1 GB/s of K and V. Timings count only between two quiet probes (benchmarks/machine.py).",
        "Where memory is the roof, each timing is set against plain reads right before and after it, which must agree within 10 %.",
    ]
    for threads, part in run["threads"].items():
        peaks = part["peaks"]
        lines += [
            "",
            f"## {threads} thread{'s' if threads != '1' else ''}",
            "",
            f"Peaks: FMA {peaks['fma_gflops']:.0f} GFLOP/s, bf16 dot {peaks['bf16_gflops']:.0f} GFLOP/s, stream read {peaks['read_gbytes']:.1f} GB/s,"
            f" probe {peaks['probe_gflops']:.0f} GFLOP/s ({peaks['level']}).",
            "",
        ]
        lines += _table(part, cells.rows(identity["vendor"], peaks["bf16_gflops"] > 0))
    sections = []
    if {"1", "2"} <= set(run["threads"]):
        sections.append(_scaling(run))
    if "compile_time" in run:
        sections.append(_compile_times(run["compile_time"]))
    if "memory" in run:
        sections.append(_memory(run["memory"]))
    for section in filter(None, sections):
        lines += ["", *section]
    return "\n".join(lines)
