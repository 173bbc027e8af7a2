"""GPU kernels from Python, on machines without a GPU: the CUDA driver is a stand-in that remembers what reaches it, and "device memory" is the host's."""

import ctypes
import os
import pathlib
import shutil

import numpy as np
import pytest

import attn

DESCRIPTION = """
func.func @tiny(%q: tensor<?x4x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>) -> tensor<?x4x?x64xbf16> {
  %o = attn.attention %q, %k, %v mask = #attn.causal
       : tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x4x?x64xbf16>
  return %o : tensor<?x4x?x64xbf16>
}
"""
DRIVER = pathlib.Path(os.environ["ATTN_TEST_COMPILER"]).parent / "libfake_cuda.so"


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


class DLManagedTensor(ctypes.Structure):
    _fields_ = [("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]


class OnDevice:
    """Something with DLPack that is not PyTorch's and says that it lies on a GPU."""

    CODES = {"bf16": (4, 16), "f32": (2, 32), "i32": (0, 32)}

    def __init__(self, cuda, shape, dtype="bf16", device=0):
        code, bits = self.CODES[dtype]
        self.memory = np.zeros(int(np.prod(shape)) * bits // 8 + 64, np.uint8)
        address = self.memory.ctypes.data + -self.memory.ctypes.data % 64
        cuda.fake_cuda_own(ctypes.c_void_p(address), ctypes.c_int64(max(1, int(np.prod(shape)) * bits // 8)), device)
        self.shape = (ctypes.c_int64 * len(shape))(*shape)
        self.strides = (ctypes.c_int64 * len(shape))(*[int(np.prod(shape[d + 1 :])) for d in range(len(shape))])
        self.managed = DLManagedTensor(DLTensor(address, 2, device, len(shape), code, bits, 1, self.shape, self.strides, 0), None, None)
        self.device = device

    def __dlpack_device__(self):
        return 2, self.device

    def __dlpack__(self, **_):
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(ctypes.addressof(self.managed), b"dltensor", None)


@pytest.fixture
def cuda(monkeypatch):
    """The stand-in, with one device of compute capability 8.0."""
    monkeypatch.setenv("ATTN_CUDA_DRIVER", str(DRIVER))
    library = ctypes.CDLL(str(DRIVER))
    library.fake_cuda_function.restype = ctypes.c_char_p
    library.fake_cuda_stream.restype = library.fake_cuda_workspace.restype = ctypes.c_void_p
    library.fake_cuda_reset()
    return library


@pytest.fixture
def family(kernels):
    """Attention in bf16, 4 heads over 2, head dim 8, for sm_80 and sm_90a: o, lse = family(q, k, v, lengths, scale, window)."""
    return attn.load(kernels / "gpu" / "fake_gpu.so")


def launches(cuda):
    return [cuda.fake_cuda_function(index).decode() for index in range(cuda.fake_cuda_launches())]


def arguments(cuda, device=0):
    q, k, v = (OnDevice(cuda, (1, heads, length, 8), device=device) for heads, length in ((4, 8), (2, 12), (2, 12)))
    return [q, k, v, OnDevice(cuda, (1,), "i32", device), 0.25, 3]


def outputs(cuda, device=0):
    return OnDevice(cuda, (1, 4, 8, 8), device=device), OnDevice(cuda, (1, 4, 8), "f32", device)


def test_launches_and_returns_the_outputs(cuda, family):
    out = outputs(cuda)
    assert family(*arguments(cuda), out=out) == out
    assert launches(cuda) == ["rows", "combine"]
    assert cuda.fake_cuda_stream(0) is None
    assert cuda.fake_cuda_allocated() == 1, "the workspace"


def test_launches_on_the_device_of_the_tensors(cuda, family):
    cuda.fake_cuda_configure(2, 90, 0)
    family(*arguments(cuda, 1), out=outputs(cuda, 1))
    assert launches(cuda) == ["persistent_maps"]
    assert cuda.fake_cuda_device(0) == 1


def test_names_the_operand_that_lies_elsewhere(cuda, family):
    cuda.fake_cuda_configure(2, 80, 0)
    inputs = arguments(cuda)
    inputs[2] = OnDevice(cuda, (1, 2, 12, 8), device=1)
    with pytest.raises(attn.ArgumentError, match=r"argument 'v': expected a tensor on cuda:0, as 'q' is, but got one on cuda:1"):
        family(*inputs, out=outputs(cuda))
    inputs = arguments(cuda)
    inputs[3] = np.array([3], np.int32)
    with pytest.raises(attn.ArgumentError, match=r"argument 'lengths': expected a tensor on cuda:0, as 'q' is, but got one on the CPU"):
        family(*inputs, out=outputs(cuda))
    with pytest.raises(attn.ArgumentError, match=r"argument 'o': expected a tensor on cuda:0, as 'q' is, but got one on cuda:1"):
        family(*arguments(cuda), out=outputs(cuda, 1))
    assert launches(cuda) == []


def test_refuses_tensors_of_the_cpu(cuda, family):
    torch = pytest.importorskip("torch")
    q, k = torch.zeros(1, 4, 8, 8, dtype=torch.bfloat16), torch.zeros(1, 2, 12, 8, dtype=torch.bfloat16)
    with pytest.raises(attn.ArgumentError, match=r"argument 'q': expected a tensor on a GPU, as the kernel is for sm_80, but got one on the CPU"):
        family(q, k, k, torch.zeros(1, dtype=torch.int32), 0.25, 3)
    assert launches(cuda) == []


def test_cpu_kernels_refuse_tensors_of_a_gpu(cuda, fake_bf16):
    with pytest.raises(attn.ArgumentError, match=r"argument 'q': expected a tensor on the CPU, as the kernel is for x86-64, but got one on cuda:0"):
        fake_bf16(*arguments(cuda), out=outputs(cuda))


def test_outputs_of_others_must_be_given(cuda, family):
    with pytest.raises(attn.ArgumentError, match=r"argument 'o': expected a tensor to write to in `out`, as only PyTorch makes tensors on a GPU here"):
        family(*arguments(cuda))


def test_without_a_driver(monkeypatch, cuda, family):
    inputs, out = arguments(cuda), outputs(cuda)
    monkeypatch.setenv("ATTN_CUDA_DRIVER", "/nowhere/libcuda.so.1")
    with pytest.raises(attn.Error, match="no NVIDIA GPU can be used: cannot open the CUDA driver"):
        family(*inputs, out=out)
    with pytest.raises(attn.Error, match="no NVIDIA GPU can be used"):
        attn.compile(DESCRIPTION, target="cuda")
    assert "fake_gpu" in repr(family), "what needs no GPU works"


def test_a_device_that_is_not_there(cuda, family):
    inputs, out = arguments(cuda, 2), outputs(cuda, 2)
    with pytest.raises(attn.Error, match="expected a GPU from 0 to 0, but got 2"):
        family(*inputs, out=out)


def make_torch_type():
    import torch

    class OnGpu(torch.Tensor):
        """A tensor of the CPU that says that it lies on a GPU."""

        is_cpu = property(lambda self: False)
        is_cuda = property(lambda self: True)
        device = property(lambda self: torch.device("cuda", 0))

        def get_device(self):
            return 0

    return OnGpu


@pytest.fixture
def on_gpu(cuda, monkeypatch):
    """on_gpu(shape, dtype) makes a PyTorch tensor "on a GPU", where stream 77 is the current one."""
    torch = pytest.importorskip("torch")
    kind = make_torch_type()
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: type("Stream", (), {"cuda_stream": 77})())
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: False)

    def make(shape, dtype=torch.bfloat16):
        whole = torch.zeros(int(np.prod(shape)) + 64, dtype=dtype)
        skipped = -whole.data_ptr() % 64 // whole.element_size()
        tensor = whole[skipped : skipped + int(np.prod(shape))].view(shape)
        cuda.fake_cuda_own(ctypes.c_void_p(tensor.data_ptr()), ctypes.c_int64(tensor.numel() * tensor.element_size()), 0)
        return torch.Tensor._make_subclass(kind, tensor)

    return make


def test_torch_uses_the_current_stream(cuda, family, on_gpu):
    import torch

    q, k, v, lengths = on_gpu((1, 4, 8, 8)), on_gpu((1, 2, 12, 8)), on_gpu((1, 2, 12, 8)), on_gpu((1,), torch.int32)
    family(q, k, v, lengths, 0.25, 3, out=(on_gpu((1, 4, 8, 8)), on_gpu((1, 4, 8), torch.float32)))
    assert launches(cuda) == ["rows", "combine"]
    assert cuda.fake_cuda_stream(0) == cuda.fake_cuda_stream(1) == 77


def test_torch_brings_the_workspace_of_a_graph(cuda, family, on_gpu, monkeypatch):
    """While the stream is captured, nothing may be allocated behind PyTorch's back."""
    import torch

    made = []

    def zeros(count, dtype, device):
        assert device == "cuda:0"
        made.append(on_gpu((count,), dtype))
        return made[-1]

    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: True)
    q, k, v, lengths = on_gpu((1, 4, 8, 8)), on_gpu((1, 2, 12, 8)), on_gpu((1, 2, 12, 8)), on_gpu((1,), torch.int32)
    out = (on_gpu((1, 4, 8, 8)), on_gpu((1, 4, 8), torch.float32))
    torch_zeros = torch.zeros
    monkeypatch.setattr(torch, "zeros", lambda *sizes, **options: zeros(*sizes, **options) if options.get("device") else torch_zeros(*sizes, **options))
    cuda.fake_cuda_configure(1, 80, 1)
    family(q, k, v, lengths, 0.25, 3, out=out)
    assert [tensor.numel() for tensor in made] == [256 + 32 * 4]
    assert cuda.fake_cuda_workspace(0) == made[0].data_ptr()
    assert cuda.fake_cuda_allocated() == 0


needs_ptxas = pytest.mark.skipif(not (os.environ.get("ATTN_PTXAS") or shutil.which("ptxas")), reason="needs ptxas")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ATTN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


# So few rows are tasks of the member `some_rows`.
FEW = "tiny_stage_2"


def tiny(on_gpu):
    return on_gpu((1, 4, 100, 64)), on_gpu((1, 2, 100, 64)), on_gpu((1, 2, 100, 64))


@needs_ptxas
def test_compiles_for_a_gpu_and_caches(cuda, on_gpu, cache):
    kernel = attn.compile(DESCRIPTION, target="cuda")
    assert kernel.target == "sm_80"
    out = on_gpu((1, 4, 100, 64))
    assert kernel(*tiny(on_gpu), out=out) is out
    assert launches(cuda) == [FEW]
    assert len(list(cache.glob("*.so"))) == 1
    # From the cache, without a compiler.
    del kernel
    os.environ["ATTN_LIBRARY"], kept = "/nowhere/libattn.so", os.environ.get("ATTN_LIBRARY")
    try:
        again = attn.compile(DESCRIPTION, target="cuda:0")
    except attn.Error as error:
        # The library's path is part of the key once it has been opened; until then, of another build.
        pytest.fail(str(error))
    finally:
        del os.environ["ATTN_LIBRARY"]
        if kept:
            os.environ["ATTN_LIBRARY"] = kept
    again(*tiny(on_gpu), out=out)
    assert launches(cuda) == [FEW] * 2


@needs_ptxas
def test_compiles_for_the_gpu_that_is_there(cuda, on_gpu, cache):
    """On Hopper the kernels that TMA feeds take what tensor maps describe; others take the rest."""
    cuda.fake_cuda_set_capability(90)
    kernel = attn.compile(DESCRIPTION, target="cuda")
    assert kernel.target == "sm_90a"
    many = lambda heads: on_gpu((16, heads, 1000, 64))
    kernel(many(4), many(2), many(2), out=many(4))
    assert launches(cuda) == ["tiny_stage_0"]
    odd = on_gpu((16, 2, 1000, 68))[..., :64]  # rows that do not begin at multiples of 16 bytes
    kernel(many(4), odd, many(2), out=many(4))
    assert launches(cuda)[1:] == ["tiny_stage_0_unaligned"]
    cuda.fake_cuda_set_capability(100)
    assert attn.compile(DESCRIPTION, target="cuda").target == "sm_80"


@needs_ptxas
def test_one_callable_for_both(cuda, on_gpu, cache):
    import torch

    kernel = attn.compile(DESCRIPTION)
    assert kernel.target.startswith("x86-64")
    q, k = torch.ones(1, 4, 10, 64, dtype=torch.bfloat16), torch.ones(1, 2, 10, 64, dtype=torch.bfloat16)
    assert torch.equal(kernel(q, k, k), torch.ones_like(q))
    kernel(*tiny(on_gpu), out=on_gpu((1, 4, 100, 64)))
    kernel(*tiny(on_gpu), out=on_gpu((1, 4, 100, 64)))
    assert launches(cuda) == [FEW] * 2
    # One that was asked for by name stays what it is.
    host = attn.compile(DESCRIPTION, target="host")
    with pytest.raises(attn.ArgumentError, match="expected a tensor on the CPU"):
        host(*tiny(on_gpu), out=on_gpu((1, 4, 100, 64)))


def test_an_unknown_gpu(cuda):
    with pytest.raises(attn.CompileError, match="sm_12345"):
        attn.compile(DESCRIPTION, target="sm_12345")


def test_ptx_is_enough(cuda, on_gpu, cache, monkeypatch):
    """Without an assembler the driver compiles the PTX."""
    monkeypatch.setenv("ATTN_PTXAS", "false")
    kernel = attn.compile(DESCRIPTION + "// without machine code", target="sm_80")
    kernel(*tiny(on_gpu), out=on_gpu((1, 4, 100, 64)))
    assert launches(cuda) == [FEW]
