"""Drifters' paths, as the paper integrates them: couplet simulate ocean against NumPy, in one run.

    python3 bench/ocean.py [trajectories] [rounds]

Both integrate dx/dt = (∂ψ/∂x₂, −∂ψ/∂x₁) by classical Runge–Kutta with Δt = 1e-5. Couplet takes all 10⁴ steps of
`trajectories` paths, draws flows and writes them to a NetCDF file, start of the program included. NumPy integrates
as many paths at a time as it does fastest, vectorised over them with two threads for its products, in two ways of
which the faster counts: complex exponentials of all 49 modes, and powers of the two that differ. It takes 50
steps, without any file; its time per step does not depend on their number. Prints processor and wall time per path,
and medians of the ratios of successive rounds.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np

root = pathlib.Path(__file__).resolve().parent.parent
kappa = np.array([(a, b) for a in range(-3, 4) for b in range(-3, 4)], float)
steps, step = 10_000, 1e-5


def all_modes(x, c):
    g = np.exp(2j * np.pi * (x @ kappa.T)) * c
    g = -2 * np.pi * g.imag
    return np.stack([g @ kappa[:, 1], -(g @ kappa[:, 0])], 1)


def powers(x, c):
    z = np.exp(2j * np.pi * x)
    p = z[:, :, None] ** np.arange(-3, 4)
    g = (p[:, 0, :, None] * p[:, 1, None, :]).reshape(len(x), 49) * c
    g = -2 * np.pi * g.imag
    return np.stack([g @ kappa[:, 1], -(g @ kappa[:, 0])], 1)


def runge_kutta(velocity, psi, omega, x, count):
    h = step
    for i in range(count):
        start, middle, end = (psi * np.exp(1j * omega * t) for t in (i * h, (i + 0.5) * h, (i + 1) * h))
        k1 = velocity(x, start)
        k2 = velocity(x + h / 2 * k1, middle)
        k3 = velocity(x + h / 2 * k2, middle)
        k4 = velocity(x + h * k3, end)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x


def numpy_time(velocity, paths, count=50):
    rng = np.random.default_rng(0)
    psi = 0.05 * (rng.standard_normal((paths, 49)) + 1j * rng.standard_normal((paths, 49)))
    omega = 200 * rng.standard_normal(49)
    wall, cpu = time.perf_counter(), time.process_time()
    runge_kutta(velocity, psi, omega, np.full((paths, 2), 0.75), count)
    scale = steps / count / paths
    return (time.perf_counter() - wall) * scale, (time.process_time() - cpu) * scale


def couplet_time(binary, paths):
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "simulate", "ocean", "--count", str(paths), "--test", "0", "--threads", "2", "--quiet",
                   "--out", f"{folder}/ocean"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall / paths, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / paths


def main():
    paths = int(sys.argv[1]) if len(sys.argv) > 1 else 65_536
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    subprocess.run(["swift", "build", "-c", "release", "--product", "couplet"], cwd=root, check=True,
                   stdout=subprocess.DEVNULL)
    binary = root / ".build/release/couplet"
    candidates = [(f, n) for f in (all_modes, powers) for n in (256, 1024, 4096)]
    fastest = min(candidates, key=lambda c: numpy_time(*c, count=10)[0])
    rows = []
    for _ in range(rounds):
        rows.append((*couplet_time(binary, paths), *numpy_time(*fastest)))
    median = lambda values: statistics.median(values)
    ours, ours_cpu, theirs, theirs_cpu = (median(r[i] for r in rows) for i in range(4))
    print(f"{paths} paths of {steps} steps, medians of {rounds} rounds, two threads each")
    print(f"  couplet simulate ocean  {1e3 * ours:8.3f} ms a path  ({1e3 * ours_cpu:.3f} ms of processor), "
          f"{ours * paths:.1f} s in all")
    print(f"  NumPy, {fastest[0].__name__} × {fastest[1]:<5}  {1e3 * theirs:8.3f} ms a path  "
          f"({1e3 * theirs_cpu:.3f} ms of processor)")
    print(f"  NumPy / Couplet         {median(r[2] / r[0] for r in rows):.1f} by the clock, "
          f"{median(r[3] / r[1] for r in rows):.1f} of processor time")


if __name__ == "__main__":
    main()
