"""Reads the instructions of a cubin, and finds their loops."""

import collections
import re
from typing import NamedTuple


class Instruction(NamedTuple):
    guard: str  # "@P0 ", or nothing
    opcode: str  # with its suffixes: "HGMMA.64x128x16.F32.BF16"
    operands: str

    @property
    def name(self):
        """The opcode without suffixes."""
        return self.opcode.split(".")[0]

    @property
    def target(self):
        """The label that a branch names."""
        found = self.opcode.startswith("BRA") and re.search(r"`\((\.L_x_\d+)\)", self.operands)
        return found.group(1) if found else None

    @property
    def is_conditional(self):
        # "BRA.DIV UR4, `(...)" and "BRA.U !UP0, `(...)" have their condition among the operands.
        return bool(self.guard) or "," in self.operands

    @property
    def goes_on(self):
        """Whether the next instruction may follow."""
        return self.is_conditional or self.name not in ("BRA", "EXIT", "RET")


def read_kernels(listing):
    """{kernel: [instruction or label, ...]} of what `nvdisasm -c` prints."""
    kernels, current = {}, None
    for line in listing.splitlines():
        if section := re.match(r"\s*\.section\s+\.text\.(\w+)", line):
            current = kernels.setdefault(section.group(1), [])
        elif current is not None and (label := re.match(r"(\.L_x_\d+):", line)):
            current.append(label.group(1))
        elif current is not None and (text := re.search(r"/\*[0-9a-f]{4,}\*/\s+(@!?U?P\w+\s+)?([A-Z][\w.]*)\s*(.*?)\s*;", line)):
            current.append(Instruction(text.group(1) or "", text.group(2), text.group(3)))
    return kernels


def split_blocks(lines):
    """[[instruction, ...]] and for each block the numbers of those that may follow."""
    blocks, places = [[]], {}
    for line in lines:
        if isinstance(line, str):
            if blocks[-1]:
                blocks.append([])
            places[line] = len(blocks) - 1
            continue
        blocks[-1].append(line)
        if line.target or not line.goes_on:
            blocks.append([])
    successors = []
    for number, block in enumerate(blocks):
        last = block[-1] if block else None
        following = [places[last.target]] if last and last.target else []
        if (not last or last.goes_on) and number + 1 < len(blocks):
            following.append(number + 1)
        successors.append(following)
    return blocks, successors


def find_dominators(successors):
    """For each block that can be reached the blocks that every path to it passes, itself included."""
    order, seen, stack = [], {0}, [(0, iter(successors[0]))]
    while stack:
        block, following = stack[-1]
        fresh = next((one for one in following if one not in seen), None)
        if fresh is None:
            order.append(block)
            stack.pop()
        else:
            seen.add(fresh)
            stack.append((fresh, iter(successors[fresh])))
    order.reverse()
    predecessors = collections.defaultdict(list)
    for block in order:
        for following in successors[block]:
            predecessors[following].append(block)
    everything = set(order)
    dominators = {block: everything for block in order}
    dominators[0] = {0}
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            common = set.intersection(*(dominators[before] for before in predecessors[block])) | {block}
            changed |= common != dominators[block]
            dominators[block] = common
    return dominators, predecessors


def find_loops(lines):
    """The natural loops of a kernel: for each header the blocks that can go back to it without leaving the loop; and all blocks."""
    blocks, successors = split_blocks(lines)
    dominators, predecessors = find_dominators(successors)
    bodies = collections.defaultdict(set)
    for block in dominators:
        for header in successors[block]:
            if header not in dominators[block]:
                continue
            body, work = bodies[header], [block]
            body.add(header)
            while work:
                inside = work.pop()
                if inside not in body:
                    body.add(inside)
                    work += predecessors[inside]
    return bodies, blocks


class Kernel:
    """The instructions of a kernel, counted by name: in all, and in its loops."""

    def __init__(self, lines):
        bodies, blocks = find_loops(lines)
        count = lambda numbers: collections.Counter(instruction.name for number in numbers for instruction in blocks[number])
        self.instructions = [line for line in lines if isinstance(line, Instruction)]
        self.counts = count(range(len(blocks)))
        self._bodies = bodies
        self._counts = {header: count(body) for header, body in bodies.items()}

    @property
    def loops(self):
        return list(self._counts.values())

    def find_product_loops(self, product):
        """Counts of the loops that hold instructions of this name, without those around other such loops."""
        holding = {header for header, counts in self._counts.items() if counts[product]}
        return [self._counts[header] for header in holding if not any(other in self._bodies[header] for other in holding if other != header)]
