#!/usr/bin/env python3
"""Embeds real sentences with PyTorch's attention and with a kernel compiled from examples/minilm.mlir, and compares the two.

Prints the description, the nearest sentences of a few queries, the greatest difference between the two sets of embeddings and the
time of both. Exits with status 1 if they differ by more than 1e-5.
"""

import argparse
import pathlib
import statistics
import sys
import time

import torch

from embedding import SentenceEmbedder

FOLDER = pathlib.Path(__file__).parent
DESCRIPTION = FOLDER.parent / "minilm.mlir"
TOLERANCE = 1e-5


def read_texts(path):
    """The queries and the sentences of a file in the form of sentences.txt."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    queries = [line[2:] for line in lines if line.startswith("? ")]
    return queries, [line for line in lines if not line.startswith("? ")]


def print_nearest(queries, sentences, embeddings, count=2):
    """For each query the sentences of the greatest cosine, which is the dot product of unit vectors."""
    cosines = embeddings[: len(queries)] @ embeddings[len(queries) :].T
    for query, row in zip(queries, cosines):
        print(f"  {query}")
        for index in row.topk(count).indices.tolist():
            print(f"    {row[index]:.3f}  {sentences[index][:100]}")


def measure(embedder, batch, attentions, rounds):
    """Median seconds (attention, whole forward) of each of `attentions`, taken in turns."""
    times = [[] for _ in attentions]
    for _ in range(rounds):
        for attention, seconds in zip(attentions, times):
            embedder.attention = attention
            embedder.attention_seconds = 0.0
            start = time.perf_counter()
            embedder.embed(batch)
            seconds.append((embedder.attention_seconds, time.perf_counter() - start))
    return [tuple(statistics.median(column) for column in zip(*seconds)) for seconds in times]


def run(attention, threads, sentences_file=FOLDER / "sentences.txt", rounds=21):
    """Compares `attention` (see SentenceEmbedder) with PyTorch's own; returns the greatest difference of the embeddings."""
    queries, sentences = read_texts(sentences_file)
    embedder = SentenceEmbedder()
    batch = embedder.tokenize(queries + sentences)
    lengths = batch["attention_mask"].sum(dim=1)
    expected = embedder.embed(batch)
    embedder.attention = attention
    got = embedder.embed(batch)

    print("Nearest sentences, by our embeddings:")
    print_nearest(queries, sentences, got)
    error = float((got - expected).abs().max())
    rows, width = batch["input_ids"].shape
    print(f"\n{rows} texts of {int(lengths.min())} to {int(lengths.max())} tokens, padded to {width}; {threads} thread(s)")
    print(f"greatest difference from PyTorch's embeddings: {error:.1e} (allowed: {TOLERANCE:.0e})")

    (torch_attention, torch_forward), (our_attention, our_forward) = measure(embedder, batch, [None, attention], rounds)
    print(f"{'ms, median of ' + str(rounds):24}{'PyTorch':>10}{'attn':>10}{'ratio':>9}")
    for label, theirs, ours in (
        ("attention, 6 layers", torch_attention, our_attention),
        ("whole forward", torch_forward, our_forward),
    ):
        print(f"{label:24}{theirs * 1e3:10.2f}{ours * 1e3:10.2f}{theirs / ours:8.2f}x")
    return error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of both (PyTorch's default)")
    parser.add_argument("--rounds", type=int, default=21, help="timings of each")
    parser.add_argument("--sentences", type=pathlib.Path, default=FOLDER / "sentences.txt", help="texts to embed, one a line")
    arguments = parser.parse_args()

    import attn

    torch.set_num_threads(arguments.threads)
    attn.set_num_threads(arguments.threads)
    description = DESCRIPTION.read_text(encoding="utf-8")
    print(description)
    start = time.perf_counter()
    kernel = attn.compile(description)
    print(f"compiled in {(time.perf_counter() - start) * 1e3:.0f} ms\n")
    error = run(kernel, arguments.threads, arguments.sentences, arguments.rounds)
    return 0 if error <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
