"""Retrieval between frozen embeddings by the defaults of `couplet train`, against the embeddings as they are.

    python3 bench/frozen.py [--pairs N] [--splits K] [--out DIR] [--command PATH]

Simulated pairs of normalised float32 vectors of 512 numbers, as a large model of two modalities writes them: what
partners share, and noise of each.

    flat      what is shared varies alike in all directions, as the noise does
    decay     both vary as 1/√k in the k-th of 512 directions, and each modality has a mean of its own
    cluster   what is shared lies in 50 clusters

Of N pairs (2,000) a fifth are the test pairs. For each of K seeds (5): the mean of recall at 1 and at 10 of either given the
other, by cosines of the embeddings and by `couplet train --u A --v B --test ROWS --seed SEED --out RUN`, nothing else said.
DIR/frozen.json (results/frozen) keeps what is done, and is not done again; the table goes to standard output.
"""

import argparse

import numpy as np

from measure.kept import Kept
from mfeat import ROOT, cosines, couplet, mean_recall, recalls

LENGTH = 512


def normalised(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def embeddings(kind, count, seed):
    rng = np.random.default_rng(seed)
    noise = lambda: rng.normal(size=(count, LENGTH))
    if kind == "flat":
        shared, size, means = noise(), 2.0, (0, 0)
    elif kind == "decay":
        deviations = np.arange(1, LENGTH + 1) ** -0.5
        turn = np.linalg.qr(rng.normal(size=(LENGTH, LENGTH)))[0]
        shared = noise() * deviations
        gap = 0.3 * deviations.mean() * rng.normal(size=LENGTH)
        return [normalised((shared + noise() * deviations) @ turn + mean) for mean in (gap, -gap)]
    else:
        centres = rng.normal(size=(50, LENGTH))
        shared, size, means = centres[rng.integers(0, 50, count)] + 0.5 * noise(), 1.3, (0, 0)
    return [normalised(shared + size * noise() + mean) for mean in means]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--out", default=str(ROOT / "results/frozen"))
    parser.add_argument("--command", default=str(ROOT / ".build/release/couplet"))
    options = parser.parse_args()
    rows = Kept(options.out, "frozen")
    print("| kind | as they are | couplet | difference | encoders |\n|---|---|---|---|---|")
    for kind in ("flat", "decay", "cluster"):
        for seed in range(options.splits):
            name = f"{kind}-{options.pairs}-{seed}"
            if name not in rows:
                u, v = embeddings(kind, options.pairs, seed)
                test = np.random.default_rng(seed).permutation(options.pairs)[: options.pairs // 5]
                raw = mean_recall({"recall": recalls(cosines(u[test], v[test]))[0]})
                found = couplet(options.command, u, v, test, seed)["couplet"]
                rows[name] = {
                    "raw": float(raw), "couplet": float(mean_recall(found)), "encoders": found["encoders"],
                    "seconds": found["seconds"]}
                rows.keep()
        done = [rows[f"{kind}-{options.pairs}-{seed}"] for seed in range(options.splits)]
        raw, ours = (np.array([row[key] for row in done]) for key in ("raw", "couplet"))
        error = (ours - raw).std(ddof=1) / len(done) ** 0.5 if len(done) > 1 else float("nan")
        print(f"| {kind} | {raw.mean():.3f} | {ours.mean():.3f} | {(ours - raw).mean():+.3f} ± {error:.3f}, smallest "
              f"{(ours - raw).min():+.3f} | {', '.join(sorted({row['encoders'][0] for row in done}))} |", flush=True)


main()
