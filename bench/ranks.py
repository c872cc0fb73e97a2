"""Time of a training step over MPI ranks, and the cost model of docs/scale.md beside it.

    python3 bench/ranks.py [--batch 8192] [--inputs 256] [--hidden 512] [--dimension 128] [--ranks 1,2,4] [--steps 12]
    python3 bench/ranks.py --model [the same]      the model alone, for 8 to 4,096 ranks

Trains couplet on random pairs: one rank of one thread, one of two threads, P ranks of one thread each, and again with half the
batch. A step's time is that of the epochs after the first. With each stands the peak anonymous memory of one rank, and what
the model predicts. Its rates come from three runs: one rank of one thread with the batch and with half of it (encoders apart
from scores), and two ranks (what every rank does for all rows); the other runs are predicted.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

from measure.memory import anonymous
from measure.mpi import ENVIRONMENT

root = pathlib.Path(__file__).resolve().parent.parent
command = root / ".build/release/couplet"


def peak_memory(process, folder):
    """The most anonymous memory of any process that writes to the folder, while the command runs."""
    peak = 0
    while process.poll() is None:
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if folder.encode() in words and b"mpirun" not in words.split(b"\0")[0]:
                peak = max(peak, anonymous(entry.name))
        time.sleep(0.2)
    return peak


def step(options, ranks, threads, batch, folder):
    """Seconds of a step, and the memory of a rank."""
    out = f"{folder}/run-{ranks}-{threads}-{batch}"
    train = [
        command, "train", "--u", f"{folder}/u.npy", "--v", f"{folder}/v.npy", "--encoder-u", f"mlp:{options.hidden}",
        "--encoder-v", f"mlp:{options.hidden}", "--tilting", "cosine", "--dimension", options.dimension, "--batch", batch,
        "--held-out", 0, "--epochs", 1 + options.steps * batch // options.pairs, "--threads", threads, "-q", "--out", out]
    if ranks > 1:
        train = ["mpirun", "-n", ranks, "--oversubscribe", "--bind-to", "none"] + train
    process = subprocess.Popen([str(word) for word in train], env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    memory = peak_memory(process, out)
    assert process.returncode == 0
    lines = [json.loads(line) for line in open(f"{out}/metrics.jsonl")]
    first, last = lines[0], lines[-1]
    return (last["seconds"] - first["seconds"]) / (last["step"] - first["step"]), memory


class Model:
    """Seconds of a step on P ranks: encoders and scores share the arithmetic; embeddings, their gradients and those of the
    parameters travel, and every rank prepares all rows of embeddings. `rows` and `scores` are seconds for a row's encoders
    and for a score, on one rank; `whole` those that every rank spends on every row of the batch; `latency` and `bandwidth`
    are those of a message between two ranks (s, bytes/s)."""

    def __init__(self, rows, scores, whole, dimension, parameters, latency, bandwidth):
        self.rows, self.scores, self.whole = rows, scores, whole
        self.dimension, self.parameters = dimension, parameters
        self.latency, self.bandwidth = latency, bandwidth

    def traffic(self, batch, ranks):
        """Bytes that a rank receives: embeddings of both sides, their gradients, parameters' gradients twice."""
        share = 1 - 1 / ranks
        return 4 * share * (2 * batch * self.dimension * 2 + 2 * self.parameters)

    def messages(self, ranks):
        """A rank's: gathers by doubling, exchanges with every rank."""
        return 0 if ranks == 1 else 10 * (ranks - 1).bit_length() + 3 * (ranks - 1)

    def seconds(self, batch, ranks, cores=None):
        """With `cores` fewer than the ranks, these take turns."""
        turns = max(1, ranks / (cores or ranks))
        return turns * ((self.rows * batch + self.scores * batch**2) / ranks + self.whole * batch + self.messages(
            ranks) * self.latency + self.traffic(batch, ranks) / self.bandwidth)

    def memory(self, batch, ranks, activations):
        """Bytes of a rank: embeddings of the whole batch with gradients, activations of its rows, parameters with two
        moments and gradient."""
        return 4 * (4 * batch * self.dimension + activations * batch / ranks + 4 * self.parameters)


def main():
    parser = argparse.ArgumentParser()
    for name, value in [("batch", 8192), ("inputs", 256), ("hidden", 512), ("dimension", 128), ("steps", 12)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--latency", type=float, default=2e-6)
    parser.add_argument("--bandwidth", type=float, default=12.5e9)
    parser.add_argument("--rows", type=float, help="seconds of a row's encoders, measured")
    parser.add_argument("--scores", type=float, help="seconds of a score, measured")
    parser.add_argument("--whole", type=float, help="seconds that every rank spends on a row of the batch, measured")
    parser.add_argument("--model", action="store_true")
    options = parser.parse_args()
    options.pairs = options.batch * 2
    parameters = 2 * (options.inputs * options.hidden + options.hidden * options.dimension)
    if options.model:
        model = Model(
            options.rows, options.scores, options.whole, options.dimension, parameters, options.latency, options.bandwidth)
        print(f"latency {options.latency} s, {options.bandwidth / 1e9} GB/s\nranks    batch    s a step  pairs/s  efficiency")
        for per_rank in (1024, 8192):
            for ranks in [8 * 4**k for k in range(5)] + [4096]:
                batch = per_rank * ranks
                seconds = model.seconds(batch, ranks)
                ideal = (model.rows * batch + model.scores * batch**2) / ranks
                print(f"{ranks:5} {batch:9} {seconds:10.3f} {batch / seconds:9.0f} {ideal / seconds:8.2f}")
        return
    import numpy as np

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        v = rng.standard_normal((options.pairs, options.inputs), dtype=np.float32)
        np.save(f"{folder}/v.npy", v)
        np.save(f"{folder}/u.npy", v + rng.standard_normal(v.shape, dtype=np.float32))
        whole, memory = step(options, 1, 1, options.batch, folder)
        half, _ = step(options, 1, 1, options.batch // 2, folder)
        # whole = rows N + scores N², half likewise.
        scores = (whole - 2 * half) / (options.batch**2 / 2)
        rows = (whole - scores * options.batch**2) / options.batch
        pair, pair_memory = step(options, 2, 1, options.batch, folder)
        model = Model(rows, scores, 0, options.dimension, parameters, 1e-6, 4e9)
        # Two ranks take half of what one does for rows and scores, and all of what each does for every row.
        model.whole = 2 * max(0, pair - model.seconds(options.batch, 2)) / options.batch
        model.rows -= model.whole
        print(f"batch {options.batch}, mlp:{options.hidden}, d = {options.dimension}: {model.rows:.3e} s a row, "
              f"{scores:.3e} s a score, {model.whole:.3e} s a row on every rank")
        print(f"one rank, one thread    {whole:.3f} s, {memory / 1e6:.0f} MB")
        two, _ = step(options, 1, 2, options.batch, folder)
        print(f"one rank, two threads   {two:.3f} s")
        print(f"2 ranks of one thread   {pair:.3f} s ({pair / whole:.2f} of one, {pair / two:.2f} of two threads), "
              f"{pair_memory / 1e6:.0f} MB a rank")
        for batch in (options.batch, options.batch // 2):
            for ranks in map(int, options.ranks.split(",")):
                if ranks == 1 or (ranks, batch) == (2, options.batch):
                    continue
                seconds, memory = step(options, ranks, 1, batch, folder)
                predicted = model.seconds(batch, ranks, os.cpu_count())
                print(f"{ranks} ranks of one thread   {seconds:.3f} s, {memory / 1e6:.0f} MB a rank, batch {batch}; the model "
                      f"says {predicted:.3f} s ({predicted / seconds - 1:+.0%})")


main()
