"""What the ODS and pass files say, as llvm-tblgen reads them."""

import json
import pathlib
import re
import subprocess
from typing import NamedTuple


class Record(NamedTuple):
    kind: str  # "op", "attribute", "type" or "pass"
    name: str  # as it stands in IR or on the command line
    summary: str
    description: str


CLASSES = {"Op": "op", "AttrDef": "attribute", "TypeDef": "type", "PassBase": "pass"}
PREFIXES = {"op": "", "attribute": "#", "type": "!", "pass": "--"}


def name_of(kind, definition):
    if kind == "pass":
        return definition["argument"]
    dialect = "opDialect" if kind == "op" else "dialect"
    return f"{dialect_name(definition[dialect])}.{definition['opName' if kind == 'op' else 'mnemonic']}"


def dialect_name(reference):
    # The only dialect whose records are looked at.
    return reference["def"].replace("_Dialect", "").lower()


def read_records(tblgen, source, include_dirs):
    """The ops, attributes and types of the attn dialect, or the passes, that a .td file defines."""
    command = [tblgen, "--dump-json", str(source)] + [f"-I{folder}" for folder in include_dirs]
    records = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    result = []
    for name in set().union(*(records["!instanceof"].get(c, []) for c in CLASSES)):
        definition = records[name]
        kind = next(CLASSES[c] for c in definition["!superclasses"] if c in CLASSES)
        if kind != "pass" and dialect_name(definition["opDialect" if kind == "op" else "dialect"]) != "attn":
            continue
        text = [definition.get(key) or "" for key in ("summary", "description")]
        result.append(Record(kind, name_of(kind, definition), text[0].strip(), text[1]))
    return sorted(result)


def mlir_blocks(text):
    """The ```mlir blocks of a text, without their indentation. Blocks inside a longer fence are quoted, not meant."""
    text = re.sub(r"^````.*?^````", "", text, flags=re.MULTILINE | re.DOTALL)
    for match in re.finditer(r"^([ ]*)```mlir\n(.*?)^[ ]*```", text, flags=re.MULTILINE | re.DOTALL):
        indent = len(match.group(1))
        yield "\n".join(line[indent:] for line in match.group(2).splitlines())


def td_sources(root):
    root = pathlib.Path(root)
    return [root / "dialect/Attn.td", root / "passes/Passes.td", root / "codegen/cpu/Passes.td"]
