"""Kernels on NumPy arrays."""

import numpy as np
import pytest

import attn
from reference import fake_attention, fake_inputs


@pytest.fixture
def inputs():
    return fake_inputs(np.random.default_rng(1))


def check(results, inputs, scale=0.3, window=4):
    for got, expected in zip(results, fake_attention(*inputs, scale, window), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_results(fake, inputs):
    o, lse = fake(*inputs, 0.3, 4)
    assert type(o) is np.ndarray and o.dtype == np.float32 and o.shape == (2, 4, 5, 8)
    assert lse.shape == (2, 4, 5)
    check((o, lse), inputs)


def test_arguments_by_name(fake, inputs):
    q, k, v, lengths = inputs
    check(fake(q, window=4, lengths=lengths, scale=0.3, v=v, k=k), inputs)


def test_scalars_of_numpy(fake, inputs):
    check(fake(*inputs, np.float32(0.3), np.int64(4)), inputs)


@pytest.mark.parametrize("shape", [(0, 5, 7), (2, 0, 7), (2, 5, 0), (1, 1, 1)])
def test_small_and_empty_sizes(fake, shape):
    inputs = fake_inputs(np.random.default_rng(2), *shape)
    check(fake(*inputs, 0.3, 4), inputs)


def test_strides_are_followed_without_a_copy(fake, inputs):
    q, k, v, lengths = inputs
    by_row = [np.ascontiguousarray(x.swapaxes(1, 2)).swapaxes(1, 2) for x in (q, k, v)]
    check(fake(*by_row, lengths, 0.3, 4), inputs)
    backwards = q[:, :, ::-1]
    check(fake(backwards, k, v, lengths, 0.3, 4), (backwards, k, v, lengths))
    fused = np.concatenate([k, v], axis=-1)
    check(fake(q, fused[..., :8], fused[..., 8:], lengths, 0.3, 4), inputs)
    shared = np.broadcast_to(k[:1], k.shape)
    check(fake(q, shared, v, lengths, 0.3, 4), (q, shared, v, lengths))


def test_read_only_inputs(fake, inputs):
    for x in inputs:
        x.flags.writeable = False
    check(fake(*inputs, 0.3, 4), inputs)


def test_out(fake, inputs):
    o, lse = np.empty((2, 5, 4, 8), np.float32).swapaxes(1, 2), np.empty((2, 4, 5), np.float32)
    results = fake(*inputs, 0.3, 4, out=(o, lse))
    assert results[0] is o and results[1] is lse
    check((o, lse), inputs)
    results = fake(*inputs, 0.3, 4, out=(None, lse))
    assert results[1] is lse
    check(results, inputs)


def test_buffers_and_dlpack(fake, inputs):
    class OnlyDLPack:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    check(fake(*map(memoryview, inputs), 0.3, 4), inputs)
    check(fake(*map(OnlyDLPack, inputs), 0.3, 4), inputs)
    o, lse = np.empty((2, 4, 5, 8), np.float32), np.empty((2, 4, 5), np.float32)
    fake(*inputs, 0.3, 4, out=(OnlyDLPack(o), OnlyDLPack(lse)))
    check((o, lse), inputs)


def refused(message, call, *args, **kwargs):
    with pytest.raises(attn.ArgumentError) as error:
        call(*args, **kwargs)
    assert str(error.value) == message
    assert isinstance(error.value, ValueError) and isinstance(error.value, attn.Error)


def test_wrong_tensors(fake, inputs):
    q, k, v, lengths = inputs
    strided = np.repeat(q, 2, -1)[..., ::2]
    packed = np.zeros((2, 4, 5), np.dtype([("row", np.float32, 8), ("tag", "u1")]))["row"]
    for message, *tensors in [
        ("'q': expected element type f32, but got float64", q.astype(np.float64), k, v, lengths),
        ("'q': expected element type f32, but got complex64", q.astype(np.complex64), k, v, lengths),
        ("'q': expected element type f32, but got >f4", q.astype(">f4"), k, v, lengths),
        ("'lengths': expected element type i32, but got int64", q, k, v, lengths.astype(np.int64)),
        ("'q': expected rank 4, but got 3", q[0], k, v, lengths),
        ("'q': dimension 1: expected 4, but got 3", q[:, :3], k, v, lengths),
        ("'v': dimension 2: expected 7, but got 6 (Tk, as in 'k')", q, k, v[:, :, :6], lengths),
        ("'q': stride of the last dimension: expected 1, but got 2", strided, k, v, lengths),
        ("'q': expected a NumPy array, a PyTorch tensor or an object with DLPack, but got list", q.tolist(), k, v, lengths),
        ("'lengths': element (1): expected a value from 0 to 7 (Tk), but got 8", q, k, v, np.array([7, 8], np.int32)),
        ("'q': expected strides of whole elements (4 bytes), but got 165 bytes", packed, k, v, lengths),
    ]:
        refused("argument " + message, fake, *tensors, 0.3, 4)


def test_wrong_scalars(fake, inputs):
    refused("argument 'window': expected a 64-bit integer, but got 4.5", fake, *inputs, 0.3, 4.5)
    refused(f"argument 'window': expected a 64-bit integer, but got {2**70}", fake, *inputs, 0.3, 2**70)
    refused("argument 'scale': expected a number, but got 'big'", fake, *inputs, "big", 4)
    refused("argument 'scale': expected a finite number above zero", fake, *inputs, -1.0, 4)


def test_wrong_calls(fake, inputs):
    refused("kernel 'fake': input 'window' is missing", fake, *inputs, 0.3)
    refused("kernel 'fake': expected 6 inputs, but got 7", fake, *inputs, 0.3, 4, 5)
    refused("kernel 'fake': it has no input named 'colour'", fake, *inputs, 0.3, colour=4)
    refused("kernel 'fake': it has no input named 'o'", fake, *inputs, 0.3, 4, o=inputs[0])
    refused("kernel 'fake': input 'scale' is given twice", fake, *inputs, 0.3, 4, scale=0.3)


def test_wrong_outputs(fake, inputs):
    o, lse = np.zeros((2, 4, 5, 8), np.float32), np.zeros((2, 4, 5), np.float32)
    read_only = o.view()
    read_only.flags.writeable = False
    for message, out in [
        ("kernel 'fake': out: expected 2 outputs, but got 1", o),
        ("argument 'o': dimension 2: expected 5, but got 4 (Tq, as in 'q')", (o[:, :, :4], lse)),
        ("argument 'o': an output must not overlap 'q', but both begin at the same address", (inputs[0], lse)),
        ("argument 'o': expected an array that can be written to, but got a read-only one of float32", (read_only, lse)),
    ]:
        refused(message, fake, *inputs, 0.3, 4, out=out)
    assert not o.any() and not lse.any()


def test_bf16_needs_a_bf16_type(fake_bf16, inputs):
    q, k, v, lengths = inputs
    message = "argument 'q': expected element type bf16, but got uint16 (for bf16 take ml_dtypes.bfloat16 or PyTorch tensors)"
    refused(message, fake_bf16, q.astype(np.uint16), k, v, lengths, 0.3, 4)


def test_bf16_of_ml_dtypes(fake_bf16, inputs):
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    q, k, v = (x.astype(bfloat16) for x in inputs[:3])
    o, lse = fake_bf16(q, k, v, inputs[3], 0.3, 4)
    assert o.dtype == bfloat16 and lse.dtype == np.float32
    expected = fake_attention(*(x.astype(np.float32) for x in (q, k, v)), inputs[3], 0.3, 4)
    np.testing.assert_allclose(o.astype(np.float32), expected[0], atol=2e-2)
    np.testing.assert_allclose(lse, expected[1], atol=1e-5)
