"""Value and gradient of the losses on large batches: Couplet against PyTorch, in turn, in one run.

    python3 bench/loss.py [N …]      1024 4096 8192 16384 32768 unless given

Cosine tilting, two-sided loss, float32, d = 128, 2 threads; gradients with respect to both embedding
matrices. PyTorch computes the usual formula on the stored N × N matrix (two cross-entropies, CLIP's
loss); where that needs more memory than the machine has, it is left out, and the line says so. Beside
both stand the four matrix products that no form without the stored matrix can do without (scores twice,
one gradient each), by libtorch alone, into memory that is there already. Values are compared, too.
Prints medians of successive rounds, and the peak memory beyond embeddings and gradients.

    python3 bench/loss.py --memory N …     the peak memory alone (131072, say)
    python3 bench/loss.py --small          plain against tiled form of Couplet for small batches
    python3 bench/loss.py --kernels        the same for the losses with kernels (maximum mean discrepancy)
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

root = pathlib.Path(__file__).resolve().parent.parent
D, TAU, SIZES = 128, 0.07, [1024, 4096, 8192, 16384, 32768]
# Compared with one another many in a row, as in training: one alone times how fast sleeping threads wake.
OTHERS = ["two-sided", "u-given-v", "v-given-u", "joint", "joint-all-pairs"]
torch.set_num_threads(2)


class Couplet:
    """The benchmark program, holding embeddings, asked for one evaluation at a time."""

    def __init__(self, u, v):
        self.folder = tempfile.TemporaryDirectory()
        paths = [f"{self.folder.name}/{name}.npy" for name in "uv"]
        for path, array in zip(paths, (u, v)):
            np.save(path, array)
        self.process = subprocess.Popen(
            [root / ".build/release/Benchmark", "loss", *paths],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()

    def ask(self, line):
        settle()
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]


def settle():
    """The threads of the last operation spin for some milliseconds, and would take a processor from the next."""
    time.sleep(0.03)


def embeddings(n):
    """Pairs with something in common, so that the losses are not those of noise."""
    rng = np.random.default_rng(n)
    common = rng.standard_normal((n, D), dtype=np.float32)
    return [common + rng.standard_normal((n, D), dtype=np.float32) for _ in range(2)]


def status(key):
    for line in open("/proc/self/status"):
        if line.startswith(key):
            return int(line.split()[1]) * 1024


class Stored:
    """PyTorch's formula on the stored matrix."""

    def __init__(self, u, v):
        self.leaves = [torch.from_numpy(x).requires_grad_() for x in (u, v)]
        self.partners = torch.arange(len(u))

    def __call__(self):
        for leaf in self.leaves:
            leaf.grad = None
        settle()
        start = time.perf_counter()
        u, v = (F.normalize(leaf, dim=1) for leaf in self.leaves)
        scores = u @ v.T / TAU
        loss = (F.cross_entropy(scores, self.partners) + F.cross_entropy(scores.T, self.partners)) / 2
        loss.backward()
        return time.perf_counter() - start, loss.item()

    def memory(self):
        open("/proc/self/clear_refs", "w").write("5")
        before = status("VmRSS")
        self()
        return status("VmHWM") - before - 8 * self.leaves[0].numel()


class Products:
    """The four products, N × N × d: all at once where the matrix fits into memory, else by bands of rows."""

    def __init__(self, u, v):
        self.u, self.v = torch.from_numpy(u), torch.from_numpy(v)
        n = len(u)
        self.rows = n if 4 * n * n < available() / 4 else 2048
        self.scores = torch.zeros(self.rows, n)
        self.du, self.dv = torch.zeros_like(self.u), torch.zeros_like(self.v)

    def __call__(self):
        settle()
        start = time.perf_counter()
        for begin in range(0, len(self.u), self.rows):
            u, du = (x[begin : begin + self.rows] for x in (self.u, self.du))
            s = self.scores[: len(u)]
            torch.mm(u, self.v.T, out=s)
            torch.mm(u, self.v.T, out=s)
            torch.mm(s, self.v, out=du)
            torch.addmm(self.dv, s.T, u, beta=0 if begin == 0 else 1, out=self.dv)
        return time.perf_counter() - start


def available():
    for line in open("/proc/meminfo"):
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024


# Stored matrices alive at once in PyTorch's formula, measured (see the peak it prints): 5 N × N.
STORED = 5.2


def measure(n):
    u, v = embeddings(n)
    rounds = max(2, min(9, 60_000 // n))
    # The products keep one matrix besides.
    fits = (STORED + 1) * 4 * n * n < available() - 2**30
    products, stored = Products(u, v), Stored(u, v) if fits else None
    times = {name: [] for name in ["ours", "four", "torch", *OTHERS]}
    with Couplet(u, v) as couplet:
        for index in range(rounds + 1):
            ours, value = couplet.ask("two-sided tiled")
            four = products()
            if stored:
                theirs, textbook = stored()
                assert abs(value + np.log(n) - textbook) < 1e-4, "values differ"
                times["torch"].append(theirs)
            times["ours"].append(ours)
            times["four"].append(four)
            for name in OTHERS:
                times[name].append(couplet.ask(f"{name} tiled {max(1, 16_384 // n)}")[0])
    del products
    peak = stored.memory() if stored else None
    for name in times:  # the first round warms up
        times[name] = times[name][1:]
    median = lambda name: statistics.median(times[name])
    ratio = lambda a, b: statistics.median(x / y for x, y in zip(times[a], times[b]))
    floor = 8 * n * n * D / 1e9
    print(f"N = {n:,}, medians of {rounds} rounds")
    print(f"  Couplet, tiled        {median('ours'):9.4f} s   {floor / median('ours'):5.0f} GFLOP/s")
    print(f"  four products alone   {median('four'):9.4f} s   {floor / median('four'):5.0f} GFLOP/s"
          f"   Couplet takes {ratio('ours', 'four'):.2f} of it")
    if stored:
        print(f"  PyTorch, stored       {median('torch'):9.4f} s   {ratio('torch', 'ours'):.1f} times Couplet's"
              f"   peak {peak / 2**20:,.0f} MiB")
    else:
        print(f"  PyTorch, stored       not measured: about {STORED * 4 * n * n / 2**30:.0f} GiB of matrices,"
              f" {available() / 2**30:.0f} GiB free")
    print("  of two-sided's time   " + "  ".join(f"{name} {ratio(name, 'two-sided'):.2f}" for name in OTHERS[1:]))
    memory(n)


def memory(n):
    with Couplet(*embeddings(n)) as couplet:
        (peak,) = couplet.ask("memory two-sided")
    print(f"  Couplet's peak memory beyond embeddings and gradients, N = {n:,}: {peak / 2**20:.1f} MiB", flush=True)


def forms(losses, sizes):
    print("plain / tiled time of Couplet, medians; above 1 the tiled form is faster")
    for n in sizes:
        with Couplet(*embeddings(n)) as couplet:
            for name in losses:
                # Many evaluations in a row, as in training: one alone times how fast sleeping threads wake.
                count = max(1, min(50, 20_000 // n))
                rounds = [[couplet.ask(f"{name} {form} {count}")[0] for form in ("plain", "tiled")] for _ in range(8)][1:]
                plain, tiled = (statistics.median(x) for x in zip(*rounds))
                ratio = statistics.median(x / y for x, y in rounds)
                print(f"  N = {n:5,}  {name:13}  plain {plain * 1e6:9.0f} µs  tiled {tiled * 1e6:9.0f} µs  {ratio:.2f}",
                      flush=True)


def main():
    build = ["swift", "build", "-c", "release", "--product", "Benchmark"]
    if not os.environ.get("COUPLET_BENCH_BUILT"):
        subprocess.run(build, cwd=root, check=True, stdout=subprocess.DEVNULL)
    words = sys.argv[1:]
    if words[:1] == ["--small"]:
        return forms(("two-sided", "joint"), (16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 2048))
    if words[:1] == ["--kernels"]:
        return forms(("mmd-two-sided", "mmd-joint"), (128, 256, 512, 768, 1024, 1536, 2048, 4096))
    action = memory if words[:1] == ["--memory"] else measure
    for n in [int(word) for word in words if word.isdigit()] or SIZES:
        action(n)


if __name__ == "__main__":
    main()
