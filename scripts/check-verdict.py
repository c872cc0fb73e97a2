"""How often "nothing was learned" is said of noise, and how often of pairs that have something to learn.

    make build
    PYTHONPATH=.deps/python python3 scripts/check-verdict.py [N] [--command couplet] [--out results/verdict]

Of each kind N seeds (200) of 2,000 pairs of eight numbers, trained by `couplet train` with nothing said but the files:

    noise       u and v are independent
    shuffled    one canonical correlation of 0.5, and the rows of v are in another order
    correlated  one canonical correlation of 0.5

It is to be said of the first two in at least 0.95, of the third in at most 0.05. What is done is kept in
OUT/verdict.json and not done again.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from measure.kept import Kept


def pairs(kind, seed):
    random = np.random.default_rng([seed, ["noise", "shuffled", "correlated"].index(kind)])
    u, v = random.standard_normal((2, 2000, 8)).astype(np.float32)
    if kind != "noise":
        v[:, 0] = 0.5 * u[:, 0] + 0.75**0.5 * v[:, 0]
    return u, random.permutation(v) if kind == "shuffled" else v


def verdict(command, kind, seed):
    with tempfile.TemporaryDirectory() as folder:
        for name, array in zip("uv", pairs(kind, seed)):
            np.save(f"{folder}/{name}.npy", array)
        done = subprocess.run(
            [command, "train", "--u", "u.npy", "--v", "v.npy", "--seed", str(seed), "--threads", "1", "--out", "run",
             "--json", "--quiet"], cwd=folder, check=True, capture_output=True)
        return json.loads(done.stdout)["verdict"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", nargs="?", type=int, default=200)
    parser.add_argument("--command", default=str(ROOT / ".build/release/couplet"))
    parser.add_argument("--out", default=str(ROOT / "results/verdict"))
    options = parser.parse_args()
    known = Kept(options.out, "verdict")
    for seed in range(options.seeds):
        for kind in ("noise", "correlated", "shuffled"):
            said = known.setdefault(kind, {})
            if str(seed) not in said:
                said[str(seed)] = verdict(options.command, kind, seed)
                known.keep()
    for kind, said in known.items():
        nothing = sum(any("nothing was learned" in line for line in lines) for lines in said.values())
        print(f"{kind}: nothing was learned in {nothing} of {len(said)}")


if __name__ == "__main__":
    main()
