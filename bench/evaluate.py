"""`couplet score` and `couplet evaluate` of many pairs, against one product of all their scores, in one run.

    python3 bench/evaluate.py [--pairs 100000] [--dimension 64] [--rounds 3] [--threads 2]

The product is libtorch's, float32, in blocks of 1,024 rows into memory that is there already: no number of it is looked at.
The commands read embeddings in float32, compute in double precision, and give losses, bounds, effective sample sizes and the
ranks of both sides; `score` its diagnostics of 4,096 pairs too. Measured in turn, from start to end; prints the medians over
the rounds, ratios to the product, and the peak anonymous memory of each command.
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch

from measure.memory import anonymous

couplet = pathlib.Path(__file__).resolve().parent.parent / ".build/release/couplet"


def embeddings(count, dimension, seed):
    """Pairs whose two sides share half of their variance."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((count, dimension), dtype=np.float32)
    return [common + rng.standard_normal(common.shape, dtype=np.float32) for _ in range(2)]


def command(words):
    """Seconds, and the peak of the memory that no file stands behind."""
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen([couplet, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, anonymous(process.pid))
        time.sleep(0.01)
    assert process.returncode == 0, words
    return time.perf_counter() - start, peak


def product(u, v):
    u, v = torch.from_numpy(u), torch.from_numpy(v)
    scores = torch.zeros(1024, len(v))

    def run():
        start = time.perf_counter()
        for begin in range(0, len(u), 1024):
            part = u[begin : begin + 1024]
            torch.mm(part, v.T, out=scores[: len(part)])
        return time.perf_counter() - start

    return run


def main():
    parser = argparse.ArgumentParser()
    for name, value in [("pairs", 100_000), ("dimension", 64), ("rounds", 3), ("threads", 2)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        for name, pairs in [("small", embeddings(2000, options.dimension, 0)),
                            ("", embeddings(options.pairs, options.dimension, 1))]:
            for side, values in zip("uv", pairs):
                np.save(f"{folder}/{name}{side}.npy", values)
        threads = ["--threads", options.threads]
        command(["train", "--u", f"{folder}/smallu.npy", "--v", f"{folder}/smallv.npy", "--epochs", 1, "--tilting", "cosine",
                 "--dimension", options.dimension, "--out", f"{folder}/run", *threads])
        files = ["--u", f"{folder}/u.npy", "--v", f"{folder}/v.npy", "--json", *threads]
        alone = product(*pairs)
        times, memory = {}, {}
        for _ in range(options.rounds):
            times.setdefault("product", []).append(alone())
            for name, words in [("score", ["score", *files]), ("evaluate", ["evaluate", f"{folder}/run", *files])]:
                seconds, memory[name] = command(words)
                times.setdefault(name, []).append(seconds)
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"{options.pairs} pairs of {options.dimension} numbers, {options.threads} threads, median of {options.rounds} rounds")
    for name, value in middle.items():
        print(f"  {name:10} {value:8.2f} s   {value / middle['product']:6.2f} products"
              + (f"   {memory[name] / 1e6:6.0f} MB" if name in memory else ""))


main()
