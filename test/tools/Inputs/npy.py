"""Writes and prints .npy files for the tests of attn-run, without NumPy.

    npy.py write FILE TYPE SHAPE [--fortran] [--cut BYTES] VALUES...   SHAPE is "1,1,2,4", one value is repeated
    npy.py print FILE
"""

import ast
import struct
import sys

CODES = {"f2": "e", "f4": "f", "f8": "d", "i2": "h", "i4": "i", "i8": "q"}


def count(shape):
    result = 1
    for size in shape:
        result *= size
    return result


def write(path, kind, shape, values, fortran=False, cut=0):
    shape = tuple(int(size) for size in shape.split(",") if size)
    values = [float(value) if kind[0] == "f" else int(value) for value in values]
    values = values * (count(shape) // len(values))
    header = str({"descr": "<" + kind, "fortran_order": fortran, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    data += struct.pack("<%d%s" % (len(values), CODES[kind]), *values)
    with open(path, "wb") as file:
        file.write(data[: len(data) - cut])


def show(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<H", data[8:10])[0]
    assert data[:6] == b"\x93NUMPY" and (10 + length) % 64 == 0 and data[9 + length : 10 + length] == b"\n"
    header = ast.literal_eval(data[10 : 10 + length].decode())
    kind = header["descr"][1:]
    values = struct.unpack("<%d%s" % (count(header["shape"]), CODES[kind]), data[10 + length :])
    print(kind, header["shape"], *("%.9g" % value for value in values))


arguments = sys.argv[1:]
if arguments[0] == "print":
    show(arguments[1])
else:
    options = {"fortran": "--fortran" in arguments}
    if "--cut" in arguments:
        options["cut"] = int(arguments[arguments.index("--cut") + 1])
    values = [value for index, value in enumerate(arguments) if not value.startswith("--") and arguments[index - 1] != "--cut"]
    write(*values[1:4], values[4:], **options)
