"""The Gaussian theory from a covariance, n_u = n_v = n: Couplet against NumPy, in turn, in one run.

    python3 bench/theory.py [n] [pairs of runs]

Both compute the same: condition numbers of both blocks, canonical analysis, G, H, A of the two-sided
squared-distance optimum at full rank, J, the learned conditionals' means and covariances, and the
learned marginals. NumPy does so in two ways, and the faster one counts: by Cholesky factors, as
Couplet does, and by symmetric square roots (two eigh, one svd), as the definition reads. Two threads
each. Prints the median of the ratios of successive runs.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np

root = pathlib.Path(__file__).resolve().parent.parent


def whiten_by_cholesky(c):
    values = np.linalg.eigvalsh(c)
    factor = np.linalg.cholesky(c)
    # NumPy has no triangular solver; the inverse of a factor costs less than general solves.
    return values[-1] / values[0], factor, np.linalg.inv(factor)


def whiten_by_root(c):
    values, vectors = np.linalg.eigh(c)
    root = np.sqrt(values)
    return values[-1] / values[0], (vectors * root) @ vectors.T, (vectors / root) @ vectors.T


def theory(c, n, whiten):
    cu, cuv, cv = c[:n, :n], c[:n, n:], c[n:, n:]
    condition_u, fu, wu = whiten(cu)
    condition_v, fv, wv = whiten(cv)
    p, sigma, qt = np.linalg.svd(wu @ cuv @ wv.T, full_matrices=False)
    delta = 1 - sigma
    y = 4 * delta / (1 + np.sqrt(1 + 8 * delta))
    scale = np.sqrt(1 / y - 1)
    g, h = scale[:, None] * (p.T @ wu), scale[:, None] * (qt @ wv)
    a = g.T @ h
    divergence = 0.5 * np.sum(y * (1 - y) + np.log(y / (delta * (1 + sigma))))
    lu, lv = fu @ p, fv @ qt.T
    b = scale**2
    mean_u, mean_v = (lu * (scale / (1 + b))) @ h, (lv * (scale / (1 + b))) @ g
    spread_u, spread_v = cu - (lu * (b / (1 + b))) @ lu.T, cv - (lv * (b / (1 + b))) @ lv.T
    z = b / (1 + 2 * b)
    marginals = cu - (lu * z) @ lu.T, (lu * z) @ lv.T, cv - (lv * z) @ lv.T
    return divergence, (condition_u, condition_v, g, h, a, mean_u, mean_v, spread_u, spread_v, marginals)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    build = ["swift", "build", "-c", "release", "--product", "Benchmark"]
    subprocess.run(build, cwd=root, check=True, stdout=subprocess.DEVNULL)
    binary = root / ".build/release/Benchmark"
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8 * n, 2 * n))
    x[:, n:] += 0.5 * x[:, :n]
    c = np.cov(x.T)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "covariance.npy"
        np.save(path, c)
        swift = subprocess.Popen(
            [binary, "theory", path, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def couplet():
            swift.stdin.write("\n")
            swift.stdin.flush()
            seconds, divergence = map(float, swift.stdout.readline().split())
            return seconds, divergence

        def numpy(whiten):
            start = time.perf_counter()
            divergence, _ = theory(c, n, whiten)
            return time.perf_counter() - start, divergence

        rows = []
        for index in range(pairs + 1):
            ours, by_cholesky, by_root = couplet(), numpy(whiten_by_cholesky), numpy(whiten_by_root)
            assert max(abs(r[1] / ours[1] - 1) for r in (by_cholesky, by_root)) < 1e-9, "values differ"
            if index > 0:  # the first round warms up
                rows.append([ours[0], by_cholesky[0], by_root[0]])
        swift.stdin.close()
        swift.wait()
    median = lambda values: statistics.median(values)
    print(f"n_u = n_v = {n}, medians of {pairs} rounds")
    print(f"  Couplet            {median(r[0] for r in rows):.3f} s")
    print(f"  NumPy, Cholesky    {median(r[1] for r in rows):.3f} s")
    print(f"  NumPy, two eigh    {median(r[2] for r in rows):.3f} s")
    print(f"  Couplet / faster NumPy  {median(r[0] / min(r[1:]) for r in rows):.2f}")


if __name__ == "__main__":
    main()
