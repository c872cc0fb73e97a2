"""Retrieval between two tables that come with scikit-learn, by the defaults of `couplet train`, against its CCA.

    scripts/setup.sh --bench
    PYTHONPATH=.deps/python python3 bench/tables.py [--splits N] [--out DIR]

    digits    1,797 images of 8 × 8: the upper and the lower half, 32 numbers each
    cells     569 tumours: means and extremes of ten measurements of their cells

As bench/mfeat.py has it: a fifth of the rows for tests, in N seeded splits; the means of recall at 1 and at 10 of either
table given the other. What is done is kept in DIR/tables.json and not done again.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
from mfeat import ROOT, cca, couplet, mean_recall
from sklearn import datasets


def tables():
    digits, cells = datasets.load_digits().data, datasets.load_breast_cancer().data
    return {"digits": (digits[:, :32], digits[:, 32:]), "cells": (cells[:, :10], cells[:, 20:])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--out", default=str(ROOT / "results/tables"))
    parser.add_argument("--command", default=str(ROOT / ".build/release/couplet"))
    options = parser.parse_args()
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "tables.json"
    rows = json.loads(kept.read_text()) if kept.exists() else {}
    for name, (u, v) in tables().items():
        # CCA has no use for columns that are constant.
        u, v = (x[:, x.std(0) > 0] for x in (u, v))
        for split in range(options.splits):
            if f"{name}-{split}" in rows:
                continue
            training, test = np.split(np.random.default_rng(split).permutation(len(u)), [len(u) * 4 // 5])
            rows[f"{name}-{split}"] = {"cca": cca(u, v, training, test)} | couplet(options.command, u, v, test, split)
            kept.write_text(json.dumps(rows, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        done = [rows[f"{name}-{split}"] for split in range(options.splits)]
        means = {kind: np.array([mean_recall(row[kind]) for row in done]) for kind in ("cca", "linear", "couplet")}
        difference = means["couplet"] - means["cca"]
        print(
            name, {kind: round(value.mean(), 3) for kind, value in means.items()},
            f"couplet - cca {difference.mean():+.3f} ± {difference.std(ddof=1) / len(done) ** 0.5:.3f}", flush=True)


if __name__ == "__main__":
    main()
