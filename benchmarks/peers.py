"""Who computes a problem: our kernel, and PyTorch in the forms its users have. Each function returns a callable without arguments
that computes the result anew, so that all candidates are timed in the same way."""

import torch
import torch._dynamo
from torch.nn.attention.flex_attention import create_block_mask, flex_attention


def ours(problem, tensors):
    import attn

    kernel = attn.compile(problem.description())
    arguments = (*tensors, problem.slopes()) if problem.needs_slopes() else tensors
    return lambda: kernel(*arguments)


def _sdpa(problem, tensors, **options):
    grouped = problem.query_heads != problem.heads
    return lambda: torch.nn.functional.scaled_dot_product_attention(*tensors, enable_gqa=grouped, **options)


def sdpa(problem, tensors):
    """scaled_dot_product_attention without a mask."""
    return _sdpa(problem, tensors)


def sdpa_causal(problem, tensors):
    return _sdpa(problem, tensors, is_causal=True)


def sdpa_dense(problem, tensors):
    """scaled_dot_product_attention with the mask as a tensor, its only form for anything but causal."""
    i = torch.arange(problem.keys - problem.queries, problem.keys)
    return _sdpa(problem, tensors, attn_mask=problem.mask.visible(i[:, None], torch.arange(problem.keys)[None, :]))


def flex(problem, tensors):
    """FlexAttention, compiled. It stops compiling after eight variants in a process, hence the reset."""
    torch._dynamo.reset()
    offset = problem.keys - problem.queries
    options = {"enable_gqa": problem.query_heads != problem.heads}
    if problem.mask.visible:
        visible = problem.mask.visible
        options["block_mask"] = create_block_mask(
            lambda b, h, i, j: visible(i + offset, j), None, None, problem.queries, problem.keys, device="cpu"
        )
    if problem.score:
        apply, slopes = problem.score.apply, problem.slopes()
        options["score_mod"] = lambda score, b, h, i, j: apply(score, h, i + offset, j, slopes)
    compiled = torch.compile(flex_attention, dynamic=False, fullgraph=True)
    return lambda: compiled(*tensors, **options)


BY_NAME = {"attn": ours, "SDPA": sdpa, "SDPA causal": sdpa_causal, "SDPA dense mask": sdpa_dense, "FlexAttention": flex}


def relative_error(problem, tensors, result, rows=48):
    """Relative L2 error of `result` against float64 on the rounded inputs, over a sample of query rows of every head."""
    generator = torch.Generator().manual_seed(7)
    sample = torch.randperm(problem.queries, generator=generator)[:rows]
    q, k, v = (tensor.to(torch.float64) for tensor in tensors)
    group = problem.query_heads // problem.heads
    i = (sample + problem.keys - problem.queries)[:, None]
    j = torch.arange(problem.keys)[None, :]
    squares = scale = 0.0
    for head in range(problem.query_heads):
        keys, values = k[:, head // group], v[:, head // group]
        scores = q[:, head][:, sample] @ keys.transpose(1, 2) * problem.dim**-0.5
        if problem.score:
            scores = problem.score.apply(scores, head, i, j, problem.slopes().to(torch.float64))
        if problem.mask.visible:
            scores = scores.masked_fill(~problem.mask.visible(i, j), -torch.inf)
        expected = torch.softmax(scores, dim=-1) @ values
        squares += float((result[:, head][:, sample].to(torch.float64) - expected).square().sum())
        scale += float(expected.square().sum())
    return (squares / scale) ** 0.5


# What rounding the result and the probabilities costs, with room for the order of summation.
ERROR_BOUND = {torch.float32: 5e-6, torch.bfloat16: 1.5e-2, torch.float16: 2e-3}
