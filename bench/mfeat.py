"""Retrieval between the views of UCI's Multiple Features by the defaults of `couplet train`, against scikit-learn's CCA.

    scripts/setup.sh --bench
    PYTHONPATH=.deps/python python3 bench/mfeat.py [--data DIR] [--splits N] [--out DIR] [--only cca|couplet]
    PYTHONPATH=.deps/python python3 bench/mfeat.py --tune 10m [--splits N]    # Fourier and Karhunen–Loève after couplet tune

For each of the fifteen pairs of the six views (tables of the same 2,000 digits) and for each of N seeded splits in 1,600
and 400 rows, with the label column left out:

    CCA       scikit-learn's CCA, of at most 100 components, and no more than its algorithm converges with; their number
              is the one with the largest mean reciprocal rank when it is fitted to 1,440 of the 1,600 rows and tried on
              the other 160; then fitted to all 1,600. Scores are cosines of the canonical variates
    linear    the closed-form baseline that couplet train shows beside the model
    couplet   couplet train --u A --v B --test ROWS --seed SPLIT --out RUN, nothing else said; the rows are the 400

What is measured on the 400: recall at 1 and at 10 of either view given the other, ties against the model. A pair's number
is the mean of the four; the difference to CCA is paired by split, with its standard error. What is done is kept in
DIR/mfeat.json and not done again; DIR/README.md is the table.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np

from measure.kept import Kept

ROOT = pathlib.Path(__file__).resolve().parent.parent
VIEWS = {
    "fou": "Fourier", "fac": "profile", "kar": "Karhunen–Loève",
    "pix": "pixels", "zer": "Zernike", "mor": "morphological",
}
CUTS = (1, 10)


def recalls(scores):
    """Recall at 1 and 10 in both directions of the pairs on the diagonal."""
    own = np.diag(scores)
    ranks = {"v": (scores >= own[:, None]).sum(1), "u": (scores >= own).sum(0)}
    return {side: {str(k): float((rank <= k).mean()) for k in CUTS} for side, rank in ranks.items()}, ranks


def cosines(x, y):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)) @ (y / np.linalg.norm(y, axis=1, keepdims=True)).T


def cca(u, v, training, test):
    from sklearn.cross_decomposition import CCA

    def fitted(rows, components):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return CCA(components, max_iter=500).fit(u[rows], v[rows])

    def tried(model, rows, components):
        x, y = model.transform(u[rows], v[rows])
        return recalls(cosines(x[:, :components], y[:, :components]))

    fewer, validation = np.split(training, [len(training) * 9 // 10])
    most = min(u.shape[1], v.shape[1], 100)
    while True:
        try:
            model = fitted(fewer, most)
            break
        except np.linalg.LinAlgError:
            # Nothing is left to correlate: fewer components.
            most = 4 * most // 5

    def quality(components):
        return sum((1 / rank).mean() for rank in tried(model, validation, components)[1].values())

    components = max(range(1, most + 1), key=quality)
    return {"recall": tried(fitted(training, components), test, components)[0], "components": components}


def couplet(command, u, v, test, seed, budget=None):
    with tempfile.TemporaryDirectory() as folder:
        for name, array in (("u", u), ("v", v), ("test", test)):
            np.save(f"{folder}/{name}.npy", array)
        run = lambda *arguments: json.loads(
            subprocess.run([command, *arguments, "--json", "--quiet"], check=True, capture_output=True).stdout)
        began = time.monotonic()
        run(*(["tune", "--budget", budget] if budget else ["train"]), "--u", f"{folder}/u.npy", "--v", f"{folder}/v.npy", "--test", f"{folder}/test.npy",
            "--seed", str(seed), "--out", f"{folder}/run")
        seconds = time.monotonic() - began
        settings = json.loads(pathlib.Path(f"{folder}/run/config.json").read_text())
        baselines = json.loads(pathlib.Path(f"{folder}/run/result.json").read_text())["baselines"]
        short = lambda recall: {side: {str(k): recall[side][str(k)] for k in CUTS} for side in "uv"}
        linear = next(b for b in baselines if b["kind"] == "linear")
        return {
            "couplet": {
                "recall": short(run("evaluate", f"{folder}/run")["recall"]), "seconds": round(seconds, 1),
                "encoders": [side["encoder"] for side in settings["sides"]],
            },
            "linear": {"recall": short(linear["test"]["recall"]), "components": linear["dimension"]},
        }


def tuned(command, views, splits, budget, rows):
    """Recall at 1 and 10, means of both directions, of Fourier and Karhunen–Loève after couplet tune; one line a split."""
    for split in range(splits):
        if str(split) not in rows:
            test = np.random.default_rng(split).permutation(2000)[1600:]
            rows[str(split)] = couplet(command, views["fou"], views["kar"], test, split, budget)["couplet"] | {"budget": budget}
            rows.keep()
        at = [np.mean([rows[str(split)]["recall"][side][str(k)] for side in "uv"]) for k in CUTS]
        print(f"split {split}: recall@1 {at[0]:.4f}, recall@10 {at[1]:.4f}", rows[str(split)]["encoders"], flush=True)


def mean_recall(entry):
    return np.mean([entry["recall"][side][str(k)] for side in "uv" for k in CUTS])


def compared(done):
    """The mean recalls of rows, by kind, and the difference of couplet to CCA with its standard error, paired by split."""
    means = {kind: np.array([mean_recall(row[kind]) for row in done]) for kind in ("cca", "linear", "couplet")}
    difference = means["couplet"] - means["cca"]
    error = difference.std(ddof=1) / len(done) ** 0.5 if len(done) > 1 else float("nan")
    return {kind: value.mean() for kind, value in means.items()}, difference.mean(), error


def table(rows, splits):
    lines = [
        "| u | v | CCA | linear | couplet | couplet − CCA | recall@1 | recall@10 |", "|---|---|---|---|---|---|---|---|"]
    above = below = 0
    for a, b in itertools.combinations(VIEWS, 2):
        done = [rows[f"{a}-{b}-{s}"] for s in range(splits) if {"cca", "couplet"} <= set(rows.get(f"{a}-{b}-{s}", {}))]
        if not done:
            continue
        means, difference, error = compared(done)
        above += difference > 0
        below += difference < -2 * error - 0.005
        at = [np.mean([row["couplet"]["recall"][side][str(k)] for row in done for side in "uv"]) for k in CUTS]
        lines.append(
            f"| {VIEWS[a]} | {VIEWS[b]} | " + " | ".join(f"{mean:.3f}" for mean in means.values())
            + f" | {difference:+.3f} ± {error:.3f} | {at[0]:.3f} | {at[1]:.3f} |")
    lines += ["", f"Above CCA: {above} of {len(lines) - 2}; below it by more than two standard errors and 0.005: {below}."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("COUPLET_DATA", "data") + "/mfeat")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--out", default=str(ROOT / "results/mfeat"))
    parser.add_argument("--only", choices=["cca", "couplet"])
    parser.add_argument("--tune", metavar="TIME", help="budget of couplet tune: Fourier and Karhunen–Loève alone")
    parser.add_argument("--command", default=str(ROOT / ".build/release/couplet"))
    options = parser.parse_args()
    views = {
        name: np.loadtxt(f"{options.data}/mfeat-{name}.csv", delimiter=",", skiprows=1)[:, :-1] for name in VIEWS}
    if options.tune:
        return tuned(options.command, views, options.splits, options.tune, Kept(options.out, "tuned"))
    rows = Kept(options.out, "mfeat")
    for split, (a, b) in itertools.product(range(options.splits), itertools.combinations(VIEWS, 2)):
        order = np.random.default_rng(split).permutation(2000)
        row = rows.setdefault(f"{a}-{b}-{split}", {})
        if options.only != "couplet" and "cca" not in row:
            row["cca"] = cca(views[a], views[b], order[:1600], order[1600:])
        if options.only != "cca" and "couplet" not in row:
            row |= couplet(options.command, views[a], views[b], order[1600:], split)
        rows.keep()
        print(a, b, split, {kind: round(float(mean_recall(row[kind])), 3) for kind in row}, flush=True)
    print(table(rows, options.splits))


if __name__ == "__main__":
    main()
