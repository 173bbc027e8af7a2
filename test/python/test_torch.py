"""Kernels on PyTorch tensors."""

import numpy as np
import pytest

import attn
from reference import fake_attention, fake_inputs

torch = pytest.importorskip("torch")


@pytest.fixture
def inputs():
    return [torch.from_numpy(x) for x in fake_inputs(np.random.default_rng(1))]


def test_results(fake, inputs):
    o, lse = fake(*inputs, 0.3, 4)
    assert type(o) is torch.Tensor and o.dtype == torch.float32 and tuple(o.shape) == (2, 4, 5, 8)
    expected = fake_attention(*(x.numpy() for x in inputs), 0.3, 4)
    np.testing.assert_allclose(o, expected[0], atol=1e-5)
    np.testing.assert_allclose(lse, expected[1], atol=1e-5)


def test_bf16(fake_bf16, inputs):
    q, k, v = (x.bfloat16() for x in inputs[:3])
    o, lse = fake_bf16(q, k, v, inputs[3], 0.3, 4)
    assert o.dtype == torch.bfloat16 and lse.dtype == torch.float32
    expected = fake_attention(*(x.float().numpy() for x in (q, k, v)), inputs[3].numpy(), 0.3, 4)
    np.testing.assert_allclose(o.float(), expected[0], atol=2e-2)


def test_strides_and_out(fake, inputs):
    q, k, v, lengths = inputs
    by_row = [x.transpose(1, 2).contiguous().transpose(1, 2) for x in (q, k, v)]
    o, lse = torch.empty(2, 5, 4, 8).transpose(1, 2), torch.empty(2, 4, 5)
    results = fake(*by_row, lengths, 0.3, 4, out=(o, lse))
    assert results[0] is o
    assert torch.equal(o, fake(*inputs, 0.3, 4)[0])


def test_scalars_of_torch(fake, inputs):
    assert torch.equal(fake(*inputs, torch.tensor(0.25), torch.tensor(4))[0], fake(*inputs, 0.25, 4)[0])


def test_mixed_frameworks_follow_the_first_tensor(fake, inputs):
    assert type(fake(inputs[0].numpy(), *inputs[1:], 0.3, 4)[0]) is np.ndarray
    assert type(fake(inputs[0], *(x.numpy() for x in inputs[1:]), 0.3, 4)[0]) is torch.Tensor


def test_gradients_are_refused_while_they_are_recorded(fake, inputs):
    q = inputs[0].requires_grad_()
    with pytest.raises(attn.ArgumentError, match="^argument 'q': expected a tensor that does not require gradients"):
        fake(q, *inputs[1:], 0.3, 4)
    with torch.no_grad():
        fake(q, *inputs[1:], 0.3, 4)
    with torch.inference_mode():
        fake(q, *inputs[1:], 0.3, 4)
    fake(q.detach(), *inputs[1:], 0.3, 4)
    fake(torch.nn.Parameter(inputs[0].detach(), requires_grad=False), *inputs[1:], 0.3, 4)


def test_wrong_tensors(fake, inputs):
    q, *rest = inputs
    for wrong, message in [
        (q.double(), "argument 'q': expected element type f32, but got torch.float64"),
        (q[0], "argument 'q': expected rank 4, but got 3"),
        (q.to("meta"), "argument 'q': expected a tensor on the CPU or a GPU, but got one on meta"),
        (q.transpose(2, 3), "argument 'q': dimension 3: expected 8, but got 5"),
    ]:
        with pytest.raises(attn.ArgumentError) as error:
            fake(wrong, *rest, 0.3, 4)
        assert str(error.value) == message


def test_sparse_tensors_are_refused(fake, inputs):
    with pytest.raises((attn.ArgumentError, RuntimeError)):
        fake(inputs[0].to_sparse(), *inputs[1:], 0.3, 4)
