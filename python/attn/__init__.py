"""Fast attention kernels from short descriptions.

    import attn
    kernel = attn.compile(open("mistral.mlir").read())
    o = kernel(q, k, v)              # NumPy arrays or PyTorch tensors, no copies

`compile` and `load` give a `Kernel`. Errors are `Error`: `ArgumentError` (also a ValueError) for arguments that break a rule,
`CompileError` for descriptions that do.
"""

from ._attn import (
    Argument,
    ArgumentError,
    CompileError,
    Error,
    Kernel,
    __version__,
    compile,
    get_num_threads,
    host_target,
    last_warning,
    load,
    set_num_threads,
)

__all__ = [
    "Argument",
    "ArgumentError",
    "CompileError",
    "Error",
    "Kernel",
    "compile",
    "get_num_threads",
    "host_target",
    "last_warning",
    "load",
    "set_num_threads",
]
