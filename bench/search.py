"""Exact search of a large gallery: Couplet against FAISS and USearch, and the matrix product alone, in turn, in one run.

    python3 bench/search.py [--candidates 1000000] [--queries 1000] [--dimension 64] [--rounds 3] [--half]

The k = 10 best of the candidates by inner product, float32, 2 threads. Couplet reads its gallery from a mapped `.npy`
(with --half one of float16, whose scores are those of the rounded rows) and also sums over all candidates, for the
probabilities; FAISS (IndexFlatIP) and USearch (exact search) hold theirs in memory. The product alone is libtorch's, in
blocks of 16,384 candidates into memory that is there already. Answers are compared as sets: candidates within 1e-5 of
the k-th score may differ. Prints medians of the rounds, and the peak anonymous memory of Couplet's process beyond that
of `couplet doctor`. Needs faiss-cpu and usearch; a peer that is not installed is left out.
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

import numpy as np
import torch

from measure.memory import anonymous

root = pathlib.Path(__file__).resolve().parent.parent
THREADS, K = 2, 10
torch.set_num_threads(THREADS)


def peak_memory(process):
    """The peak anonymous memory of a process while it runs, in bytes."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, anonymous(process.pid))
        time.sleep(0.005)
    return peak


class Couplet:
    """The benchmark program, asked for one search at a time."""

    def __init__(self, gallery, queries):
        self.process = subprocess.Popen(
            [root / ".build/release/Benchmark", "search", gallery, queries, str(K)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.watch = threading.Thread(target=self.look)
        self.watch.start()

    def look(self):
        self.peak = peak_memory(self.process)

    def __call__(self, out, count):
        time.sleep(0.05)  # The threads of the last operation spin for some milliseconds.
        self.process.stdin.write(f"{out} {count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.watch.join()


def timed(work):
    time.sleep(0.05)
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def product(gallery, queries):
    g, q = torch.from_numpy(gallery), torch.from_numpy(queries)
    scores = torch.zeros(len(queries), 16384)

    def run():
        for begin in range(0, len(g), 16384):
            part = g[begin : begin + 16384]
            torch.mm(q, part.T, out=scores[:, : len(part)])

    return run


def faiss(gallery):
    try:
        import faiss as library
    except ImportError:
        return None
    library.omp_set_num_threads(THREADS)
    index = library.IndexFlatIP(gallery.shape[1])
    index.add(gallery)
    return lambda queries: index.search(queries, K)[1]


def usearch(gallery):
    try:
        from usearch.index import MetricKind, search
    except ImportError:
        return None
    return lambda queries: search(
        gallery, queries, K, MetricKind.IP, exact=True, threads=THREADS).keys.reshape(len(queries), K)


def differences(found, expected, gallery, queries):
    """Candidates found by one alone whose scores are farther than 1e-5 from the k-th."""
    wrong = 0
    for row, (a, b) in enumerate(zip(found, expected)):
        scores = lambda places: gallery[places].astype(np.float64) @ queries[row].astype(np.float64)
        last = scores(b).min()
        wrong += sum(abs(scores([place])[0] - last) > 1e-5 for place in set(a) ^ set(b))
    return wrong


def main():
    parser = argparse.ArgumentParser()
    for name, value in [("candidates", 10**6), ("queries", 1000), ("dimension", 64), ("rounds", 3)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--half", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    queries = rng.standard_normal((options.queries, options.dimension), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        gallery = np.lib.format.open_memmap(
            f"{folder}/gallery.npy", "w+", np.float16 if options.half else np.float32,
            (options.candidates, options.dimension))
        for begin in range(0, options.candidates, 10**5):
            gallery[begin : begin + 10**5] = rng.standard_normal(
                gallery[begin : begin + 10**5].shape, dtype=np.float32)
        gallery.flush()
        np.save(f"{folder}/queries.npy", queries)
        run(options, np.asarray(gallery, np.float32), queries, folder)


def run(options, gallery, queries, folder):
    peers = {name: search for name, search in [("faiss", faiss(gallery)), ("usearch", usearch(gallery))] if search}
    alone = product(gallery, queries)
    couplet = Couplet(f"{folder}/gallery.npy", f"{folder}/queries.npy")
    times, found = {}, {}
    for round in range(options.rounds + 1):
        results = {"product": timed(alone)[0], "couplet": couplet(f"{folder}/out.npy", len(queries)),
                   "couplet, one query": couplet(f"{folder}/one.npy", 1), "read": timed(lambda: gallery.sum())[0]}
        for name, search in peers.items():
            results[name], found[name] = timed(lambda: search(queries))
        for name, value in results.items() if round else ():
            times.setdefault(name, []).append(value)
    couplet.close()
    doctor = peak_memory(subprocess.Popen([root / ".build/release/couplet", "doctor"], stdout=subprocess.DEVNULL))
    ours = np.load(f"{folder}/out.npy").astype(int)
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"{len(queries)} queries among {len(gallery)} × {gallery.shape[1]}{', float16' if options.half else ''}, "
          f"k = {K}, {THREADS} threads, median of {options.rounds} rounds, seconds")
    for name, value in middle.items():
        print(f"  {name:20} {value:8.3f}   couplet / it {middle['couplet'] / value:6.2f}")
    for name, answer in found.items():
        print(f"  candidates that differ from {name}'s: {differences(ours, answer, gallery, queries)}")
    print(f"  anonymous memory {couplet.peak / 1e6:.0f} MB, of couplet doctor {doctor / 1e6:.0f} MB")


main()
