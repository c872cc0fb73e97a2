"""Retrieval between two tables that come with scikit-learn, by the defaults of `couplet train`, against its CCA.

    scripts/setup.sh --bench
    PYTHONPATH=.deps/python python3 bench/tables.py [--splits N] [--out DIR]

    digits    1,797 images of 8 × 8: the upper and the lower half, 32 numbers each
    cells     569 tumours: means and extremes of ten measurements of their cells

As bench/mfeat.py has it: a fifth of the rows for tests, in N seeded splits; the means of recall at 1 and at 10 of either
table given the other. What is done is kept in DIR/tables.json and not done again.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
from sklearn import datasets

from measure.kept import Kept
from mfeat import ROOT, cca, compared, couplet


def tables():
    digits, cells = datasets.load_digits().data, datasets.load_breast_cancer().data
    return {"digits": (digits[:, :32], digits[:, 32:]), "cells": (cells[:, :10], cells[:, 20:])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--out", default=str(ROOT / "results/tables"))
    parser.add_argument("--command", default=str(ROOT / ".build/release/couplet"))
    options = parser.parse_args()
    rows = Kept(options.out, "tables")
    for name, (u, v) in tables().items():
        # CCA has no use for columns that are constant.
        u, v = (x[:, x.std(0) > 0] for x in (u, v))
        for split in range(options.splits):
            if f"{name}-{split}" in rows:
                continue
            training, test = np.split(np.random.default_rng(split).permutation(len(u)), [len(u) * 4 // 5])
            rows[f"{name}-{split}"] = {"cca": cca(u, v, training, test)} | couplet(options.command, u, v, test, split)
            rows.keep()
        means, difference, error = compared([rows[f"{name}-{split}"] for split in range(options.splits)])
        print(
            name, ", ".join(f"{kind} {mean:.3f}" for kind, mean in means.items()),
            f"couplet - cca {difference:+.3f} ± {error:.3f}", flush=True)


if __name__ == "__main__":
    main()
