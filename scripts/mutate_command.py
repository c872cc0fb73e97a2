"""Executes the command on mutated inputs of every kind, and expects one line and the status 0, 1 or 64.

    python3 scripts/mutate_command.py N [--minutes M] [--seed S] [--jobs J] [--kinds K,…] [--command PATH] [--loaded-once]

Kinds: `reader` (a damaged file of every format, in every command that reads samples), `folder` (MNIST, ocean, field),
`settings` (config.json, by bytes and by values), `run` (checkpoints, weights, records of a run), `options` (extreme values).
A failure must be one line that begins with `couplet: error:`, without control characters; no command may end by a signal
that was not sent to it. What is not over after 20 seconds of a processor, or 10 minutes (a billion epochs are allowed), is asked to stop, and counted apart.
With `--loaded-once` (Linux) the command forks itself after its libraries are loaded, which takes most of the time of short ones.
An input for which that does not hold is kept under .build/mutate-command with its command line; the status is 1 then.
Needs numpy, pyarrow, Pillow, netCDF4 and h5py, and a built command (.build/release/couplet unless another is named).
"""
import argparse
import collections
import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from mutate import mutate, with_checksums  # noqa: E402

FORMATS = ["npy", "npz", "safetensors", "idx", "csv", "parquet", "feather", "arrow", "netcdf", "hdf5", "png", "jpeg", "text"]
MEMBERS = {
    "npz": ["", ":u", ":ü", ":wide"], "safetensors": ["", ":w", ":a", ":b"],
    "netcdf": ["", ":x", ":label", ":packed", ":name", ":obs"], "hdf5": ["", ":x", ":/group/y", ":text", ":obs/kind"],
}
TABLE = ["", ":a", ":a,b", ":text", ":coded", ":lists", ":whole", ":gap,a", ":id/time/a,b"]
EXTREMES = [
    "0", "-1", "1", "2", "3", "7", "1e9", "2147483647", "2147483648", "4294967296", "9007199254740993", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775808", "1e300", "1e-320", "1e400",
    "nan", "inf", "-inf", "0.5", "0.999999", "1.0", "-0.0", "", "x", "\u221e", "1,1", "0,0", "1,1,1", "none", "\x1b[31m", "a" * 5000,
]
NUMBERS = [0, -1, 1, 2.5, 3, 1000, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 1e300, -1e300, 1e-320, 5e18]
OTHERS = [None, True, False, "", "x", [], {}, [1], [-1, 2**62], "\u001b[31m", "a" * 3000, "queue:9223372036854775807", "mlp:0",
          "mlp:1000000,1000000", "cosine", "joint:all-pairs", "sgd:momentum=5", "cosine:warmup=5", "lbfgs:iterations=1000000", "labels"]
OPTIONS = {
    "train --u u.npy --v v.npy --epochs 1 --batch 8 --out new": [
        "--dimension", "--epochs", "--batch", "--chunk", "--held-out", "--learning-rate", "--clip", "--temperature", "--momentum",
        "--temperature-bounds", "--weights", "--warmup", "--evaluate-every", "--seed", "--threads", "--weight-decay", "--encoder-u",
        "--encoder-v", "--potential-u", "--tilting", "--loss", "--optimizer", "--schedule", "--reference-u", "--reference-v",
        "--kernel-u", "--kernel-v", "--normalizer", "--space", "--header", "--missing", "--groups", "--u", "--v", "--data",
        "--config", "--device", "--start", "--validation", "--test", "--patience", "--keep"],
    "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --optimizer lbfgs --epochs 2 --out new": [
        "--learning-rate", "--temperature", "--clip", "--weights", "--loss", "--tilting", "--schedule"],
    "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --loss mmd-joint --epochs 2 --out new": [
        "--learning-rate", "--temperature", "--kernel-u", "--kernel-v", "--tilting"],
    "sample run --of u --given 0 --method hmc --chains 4 --warm-up 8 --out s.npy": ["--prior", "--chains", "--warm-up", "--count"],
    "sample run --of u --given 0 --method pcn --chains 4 --warm-up 8 --out s.npy": ["--prior", "--chains", "--warm-up", "--count"],
    "sample run --of u --given 0 --rounds 2 --out s.npy": ["--prior", "--rounds", "--adding", "--count"],
    "sample run --of u --given 0 --method hmc --map m.npy": ["--prior"],
    "evaluate run --diagnostics --method hmc --of u": ["--prior"],
    "tune --u u.npy --v v.npy --budget 1s --out new": ["--budget", "--plan", "--validation", "--batch", "--dimension", "--encoder-u"],
    "information --u u.npy --v w.npy --quick": ["--folds", "--steps", "--u", "--v", "--space", "--groups", "--seed"],
    "retrieve run --of u --given 0 --out answers.csv": ["--out", "--ids", "--given-ids", "-k", "--rerank", "--coverage",
                                                        "--gallery-index", "--given"],
    "sample run --of u --given 0 --method hmc --out s.npy": ["--out", "--prior", "--count", "--map", "--method", "--chains"],
    "embed run --u u.npy --out e.npy": ["--out", "--dims", "--ids", "--u"],
    "export run --to exported": ["--to"],
    "compare run labelled": ["--json", "run", "no-such-run"],
    "classify labelled --u u.npy --out answers.jsonl": ["--out", "--names", "--ids"],
    "evaluate run": ["-k", "--k", "--seed", "--u", "--data", "--groups", "--report"],
    "retrieve run --of u --given 0": ["-k", "--given", "--of", "--gallery", "--prior", "--seed"],
    "sample run --of u --given 0 --out s.npy": ["--count", "--given", "--of", "--seed", "--gallery", "--prior", "--mean",
                                                "--covariance"],
    "classify labelled --u u.npy": ["--u", "--seed", "--labels", "--prior"],
    "finetune run --u u.npy --v labels.npy --epochs 1 --out new": ["--epochs", "--batch", "--learning-rate", "--weight-decay",
                                                                  "--held-out", "--labels", "--seed"],
    "score --u u.npy --v w.npy": ["--temperature", "--weights", "-k", "--tilting", "--groups", "--seed"],
    "theory --u u.npy --v v.npy": ["--rank", "--shrinkage", "--truncate", "--held-out", "--weights", "--loss", "--tilting"],
    "theory --covariance c.npy --u-dim 2": ["--u-dim", "--rank", "--shrinkage", "--truncate", "--weights"],
    "simulate gaussian-field --count 20 --test 2 --out new": ["--count", "--test", "--seed"],
    "simulate ocean --count 2 --test 0 --steps 20 --record-every 4 --out new": [
        "--count", "--test", "--seed", "--speed", "--decay", "--frequency-scale", "--frequency-seed", "--drifters", "--noise",
        "--steps", "--time-step", "--record-every", "--format"],
}
VALUES = {
    "--encoder-u": ["mlp:@", "cnn:width=@", "ngrams:buckets=@", "transformer:depth=@:width=@", "embedding", "one-hot", "fixed",
                    "linear:whitened", "linear:standardized:normalized", "quadratic", "lenet", "mlp:8:dropout=@", "linear:identity"],
    "--loss": ["two-sided:weights=@,1", "joint", "mmd-joint", "mmd-two-sided:kernel-u=polynomial/@", "sigmoid", "anchored", "anchored:gamma=@"],
    "--optimizer": ["sgd:momentum=@", "adamw:weight-decay=@", "lbfgs:iterations=@", "adam"],
    "--schedule": ["cosine:warmup=@", "linear:final=@", "constant"], "--reference-u": ["queue:@", "labels", "batch"],
    "--prior": ["gaussian:0,@", "gaussian:@,1", "uniform:-@,@", "uniform:0,@", "mixture:@", "prior.npy", "c.npy"],
    "--kernel-u": ["gaussian:@", "polynomial:@:@", "energy", "laplace:@"], "--space": ["u=labels", "v=labels", "u=@", "v=image"],
    "--tilting": ["inner-product", "squared-distance", "cosine", "pair:width=@", "pair:correcting=@", "pair:negatives=@"], "--shrinkage": ["auto"], "--start": ["theory", "random"],
    "--validation": ["@", "none", "labels.npy"], "--test": ["@", "labels.npy"], "--patience": ["none"], "--keep": ["best", "last"],
    "--plan": ["run/config.json", "u.npy"], "--out": ["@.csv", "@.parquet", "no/such.npy", "run", "a.png", "a.jsonl"],
    "--method": ["pcn", "gallery"], "--ids": ["u.npy", "labels.npy", "@"], "--names": ["labels.npy"],
    "--missing": ["drop", "mean", "mask"], "--device": ["cuda", "cuda:@", "mps"],
}
VALUES["--encoder-v"] = VALUES["--potential-u"] = VALUES["--encoder-u"]
VALUES["--reference-v"], VALUES["--kernel-v"] = VALUES["--reference-u"], VALUES["--kernel-u"]


class Folder:
    """Whole inputs of every kind, of which each execution gets a copy."""

    def __init__(self, command, place):
        self.place = place
        place.mkdir()
        r = np.random.default_rng(0)
        u, v = r.normal(size=(40, 3)), r.normal(size=(40, 2))
        v[:, 0] += u[:, 0]
        for name, array in {"u": u, "v": v, "w": u + 0.1, "labels": np.arange(40) % 3, "prior": np.zeros(4),
                            "c": np.cov(np.hstack([u, v]).T), "images": r.random((40, 28, 28))}.items():
            np.save(place / f"{name}.npy", array)
        mnist = place / "mnist"
        mnist.mkdir()
        for part, count in ("train", 30), ("t10k", 10):
            (mnist / f"{part}-images-idx3-ubyte").write_bytes(
                bytes([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]) + r.integers(0, 256, count * 784).astype("u1").tobytes())
            (mnist / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, count] + [k % 10 for k in range(count)]))
        for line in [
            "simulate gaussian-field --count 40 --test 10 --out field",
            "simulate ocean --count 8 --test 2 --steps 20 --record-every 4 --out ocean",
            "simulate ocean --count 8 --test 2 --steps 20 --record-every 4 --format netcdf-4 --out ocean4",
            "train --u u.npy --v v.npy --epochs 2 --batch 8 --reference-u queue:16 --potential-v quadratic --out run",
            "train --u u.npy --v labels.npy --epochs 2 --batch 8 --encoder-u mlp:8:dropout=0.1 --reference-v labels "
            "--optimizer sgd:momentum=0.5 --schedule cosine --out labelled",
        ]:
            subprocess.run([command, *line.split(), "-q"], cwd=place, check=True, stdout=subprocess.DEVNULL)
        self.seeds = {}
        for kind in FORMATS:
            folder = place.parent / f"seeds-{kind}"
            if kind == "text":
                folder.mkdir()
                (folder / "lines.txt").write_text("".join(f"a line of text {k % 7}\n" for k in range(40)))
            else:
                subprocess.run([sys.executable, ROOT / "Fuzz/seeds.py", kind, folder], check=True)
            self.seeds[kind] = [(path.suffix, path.read_bytes()) for path in sorted(folder.iterdir())]


class Case:
    """One execution: the words of the command, and what was changed in the folder before."""

    def __init__(self, kind, words):
        self.kind, self.words = kind, words


def damaged(data, r, others=()):
    """Bytes changed in one place most of the time, so that much is read before it is met."""
    if data and r.random() < 0.7:
        data = bytearray(data)
        for _ in range(r.choice([1, 1, 2])):
            place, kind = r.randrange(len(data)), r.randrange(4)
            if kind == 0:
                data[place] ^= 1 << r.randrange(8)
            elif kind == 1:
                data[place] = r.choice([0, 1, 0x7F, 0x80, 0xFF, r.randrange(256)])
            elif kind == 2:
                data[place] = (data[place] + r.choice([1, -1])) % 256
            else:
                data[place : place + 4] = bytes([r.choice([0, 0xFF])] * len(data[place : place + 4]))
        return bytes(data)
    return mutate(data, list(others) or [data or b"x"], r)


def reader(r, folder, at):
    kind = r.choice(FORMATS)
    suffix, data = r.choice(folder.seeds[kind])
    data = damaged(data, r, [other for _, other in folder.seeds[kind]])
    if kind == "png" and r.random() < 0.7:
        data = with_checksums(data)
    if kind in ("png", "jpeg"):
        (at / "pictures").mkdir()
        name = "pictures"
        (at / name / f"m{suffix}").write_bytes(data)
    else:
        suffix = suffix or {"idx": ".idx", "npy": ".npy", "npz": ".npz", "safetensors": ".safetensors"}[kind]
        name = f"m{suffix}"
        (at / name).write_bytes(data)
    name += r.choice(MEMBERS.get(kind, TABLE if kind in ("csv", "parquet", "feather", "arrow") else [""]))
    line = r.choice([
        "score --u {0} --v {0}", "theory --u {0} --v {0}", "theory --covariance {0} --u-dim 1",
        "train --u {0} --v {0} --epochs 1 --batch 8 --out new", "train --u {0} --v {0} --epochs 1 --batch 8 --encoder-u mlp:4 --out new",
        "train --u u.npy --v v.npy --groups {0} --epochs 1 --out new", "retrieve run --of u --given {0}",
        "retrieve run --of u --given 0 --gallery {0}", "retrieve run --of u --given 0 --prior {0}", "evaluate run --u {0} --v v.npy",
        "sample run --of v --given {0} --count 2 --out s.npy", "classify labelled --u {0}",
        "finetune run --u u.npy --v {0} --epochs 1 --out new", "train --data {0} --out new",
    ])
    words = [word.format(name) for word in line.split()]
    if not line.startswith(("theory --cov", "classify", "train --data")) and r.random() < 0.4:
        words += ["--missing", r.choice(["drop", "mean", "mask"])]
    if line.startswith(("train --u {", "score", "evaluate")) and r.random() < 0.3:
        words += ["--space", r.choice(["u=labels", "v=labels", "u=real,v=real", "u=text", "u=image"])]
    return words


def change(path, r):
    path.write_bytes(damaged(path.read_bytes(), r))


def folders(r, folder, at):
    name, kind = r.choice([("mnist", "mnist"), ("field", "gaussian-field"), ("ocean", "ocean"), ("ocean4", "ocean")])
    change(r.choice(sorted((at / name).iterdir())), r)
    line = r.choice(["train --data {} --epochs 1 --batch 8 --out new", "evaluate run --data {}", "train --data {} --online --epochs 1 --out new",
                     "finetune run --data {} --epochs 1 --out new"])
    return [word.format(f"{kind}:{name}") for word in line.split()]


ASK = ["evaluate {}", "train --resume --out {}", "train --config {}/config.json --out new", "retrieve {} --of u --given 0",
       "sample {} --of u --given 0 --count 2 --out s.npy", "classify {} --u u.npy", "evaluate {} --u u.npy --v v.npy",
       "finetune {} --u u.npy --v labels.npy --epochs 1 --out new", "evaluate {} --diagnostics --report r.html"]


def settings(r, folder, at):
    name = r.choice(["run", "labelled"])
    path = at / name / "config.json"
    if r.random() < 0.3:
        change(path, r)
    else:
        values = json.loads(path.read_text())
        for _ in range(r.choice([1, 1, 1, 2, 3])):
            node = values
            while True:
                keys = list(node) if isinstance(node, dict) else list(range(len(node)))
                if not keys:
                    break
                key = r.choice(keys)
                if isinstance(node[key], (dict, list)) and r.random() < 0.7:
                    node = node[key]
                    continue
                if r.random() < 0.1 and isinstance(node, dict):
                    node[r.choice(["x", "\u001b[2J", "a" * 3000, "format"])] = node.pop(key)
                elif r.random() < 0.1:
                    node[key] = r.choice(OTHERS)
                elif isinstance(node[key], (int, float)) and not isinstance(node[key], bool):
                    node[key] = r.choice(NUMBERS)
                else:
                    node[key] = r.choice(OTHERS + NUMBERS)
                break
        path.write_text(json.dumps(values))
    return r.choice(ASK).format(name).split()


def run(r, folder, at):
    name = r.choice(["run", "labelled"])
    files = [path for path in sorted((at / name).rglob("*")) if path.is_file() and path.name not in ("config.json", "report.html")]
    path = r.choice(files)
    if path.suffix in (".json", ".jsonl") and r.random() < 0.6:
        line = path.read_text()
        digits = [k for k, c in enumerate(line) if c.isdigit()]
        if digits:
            k = r.choice(digits)
            path.write_text(line[:k] + str(r.choice(NUMBERS)) + line[k + 1:])
    elif r.random() < 0.15:
        other = r.choice(files)
        shutil.copy(other, path) if other != path else path.unlink()
    else:
        change(path, r)
    return r.choice(ASK).format(name).split()


def options(r, folder, at):
    line = r.choice(list(OPTIONS))
    words = line.split()
    for option in r.sample(OPTIONS[line], min(len(OPTIONS[line]), r.choice([1, 1, 2]))):
        value = r.choice(EXTREMES)
        if option in VALUES and r.random() < 0.8:
            value = r.choice(VALUES[option]).replace("@", value)
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    if r.random() < 0.05:
        words.insert(r.randrange(len(words)), r.choice(EXTREMES))
    return words


KINDS = {"reader": (reader, 10), "folder": (folders, 3), "settings": (settings, 4), "run": (run, 4), "options": (options, 5)}


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.left = self.peak = 0
        self.statuses = collections.Counter()
        self.findings = []
        self.slowest = 0.0


def limits():
    os.setpgid(0, 0)
    # A net for this machine, far above what any of these needs.
    resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def environment(at):
    return {"OMP_NUM_THREADS": "1", "TMPDIR": str(at)}


class Starts:
    """Starts the command for one execution after another."""

    def __init__(self, command):
        self.command = command

    def begin(self, words, at):
        """The number of the process, which leads a group of its own."""
        with open(at / "stderr", "wb") as errors, open(at / "stdout", "wb") as output:
            self.process = subprocess.Popen([self.command, *words], cwd=at, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                            env={**os.environ, **environment(at)}, preexec_fn=limits)
        return self.process.pid

    def ended(self, seconds):
        """The status and megabytes, when it ended within so many seconds."""
        ended, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if not ended:
            time.sleep(seconds)
            return None
        self.process.returncode = 0
        return os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024


class Forks:
    """The same with the libraries loaded once (Tests/Support/Faults/forks.c)."""

    def __init__(self, command, place):
        self.command, library = command, place / f"forks-{id(self)}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, ROOT / "Tests/Support/Faults/forks.c", "-ldl"], check=True)
        self.process = subprocess.Popen(
            [command], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=limits,
            env={**os.environ, **environment(place), "LD_PRELOAD": str(library), "FORKS_REQUESTS": "groups"})

    def begin(self, words, at):
        own = [f"{name}={value}" for name, value in environment(at).items()]
        texts = [at, at / "stdout", at / "stderr", len(own), *own, self.command, *words]
        self.process.stdin.write(b"".join(os.fsencode(str(text)) + b"\0" for text in [len(texts), *texts]))
        return int(self.process.stdout.readline())

    def ended(self, seconds):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return None
        status, number, memory = map(int, self.process.stdout.readline().split())
        return -number if number else status, memory


def processor_seconds(process):
    """What the process has taken; 0 when it has just ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def execute(starts, words, at):
    """The status (`stopped` after a time), what was written to standard error, seconds, megabytes."""
    start, stopped = time.monotonic(), 0
    process = starts.begin(words, at)
    while True:
        seconds = time.monotonic() - start
        ended = starts.ended(0.005 if seconds < 1 else 0.05)
        if ended:
            break
        if processor_seconds(process) > 20 + 20 * stopped or seconds > 600 + 60 * stopped:
            os.killpg(process, [signal.SIGTERM, signal.SIGTERM, signal.SIGKILL][min(stopped, 2)])
            stopped += 1
    code, memory = ended
    if stopped:
        code = "stopped" if stopped < 3 else "hangs"
    return code, (at / "stderr").read_bytes(), time.monotonic() - start, memory


def fault(status, error):
    """What is wrong with how a command ended; nothing when all is as promised."""
    if status == "hangs":
        return "hangs"
    if status == "stopped":
        return None
    if status not in (0, 1, 64):
        return f"status {status}"
    text = error.decode("utf-8", "replace")
    if any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text):
        return "control characters"
    lines = [line for line in text.split("\n") if line.startswith("couplet: error: ")]
    if len(lines) != (0 if status == 0 else 1):
        return f"{len(lines)} lines of error for status {status}"
    if any(len(line) > 2500 for line in text.split("\n")):
        return "a line without end"
    return None


def work(number, options_, folder, counts, place):
    r = random.Random(options_.seed * 1000 + number)
    kinds = options_.kinds.split(",")
    starts = Forks(options_.command, place) if options_.loaded_once else Starts(options_.command)
    while True:
        with counts.lock:
            if counts.left <= 0 or time.time() > options_.end:
                return
            counts.left -= 1
            done = options_.count - counts.left
        kind = r.choices(kinds, [KINDS[kind][1] for kind in kinds])[0]
        at = place / f"work-{number}"
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(folder.place, at)
        words = KINDS[kind][0](r, folder, at)
        words = [word.replace("\0", "") for word in words]
        shutil.copytree(at, place / f"before-{number}", dirs_exist_ok=False)
        status, error, seconds, memory = execute(starts, words, at)
        what = fault(status, error)
        if options_.verbose:
            print(kind, status, " ".join(words)[:150], "|", error.decode("utf-8", "replace").split("\n")[-2:][0][:200])
        with counts.lock:
            counts.statuses[kind, status] += 1
            counts.peak, counts.slowest = max(counts.peak, memory), max(counts.slowest, seconds)
            if what:
                kept = ROOT / ".build/mutate-command" / f"{int(time.time())}-{number}-{len(counts.findings)}"
                shutil.copytree(place / f"before-{number}", kept)
                (kept / "command.json").write_text(json.dumps({"words": words, "what": what, "error": error.decode("utf-8", "replace")[-3000:]}))
                counts.findings.append(what)
                print(f"finding: {what}: {kept}: {' '.join(words)[:200]}", flush=True)
            if done % 250 == 0:
                print(f"{done} executions, {len(counts.findings)} findings", flush=True)
        shutil.rmtree(place / f"before-{number}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, with fewer than N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--loaded-once", action="store_true")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--command", default=str(ROOT / ".build/release/couplet"))
    options_ = parser.parse_args()
    options_.command = os.path.abspath(options_.command)
    options_.end = time.time() + 60 * options_.minutes
    place = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        folder, counts, start = Folder(options_.command, place / "whole"), Counts(), time.time()
        counts.left = options_.count
        threads = [threading.Thread(target=work, args=(number, options_, folder, counts, place)) for number in range(options_.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(f"{sum(counts.statuses.values())} executions in {time.time() - start:.0f} s with seed {options_.seed}: at most {counts.peak} MB and "
          f"{counts.slowest:.0f} s each; {len(counts.findings)} findings")
    for kind in KINDS:
        ended = {str(status): count for (own, status), count in sorted(counts.statuses.items(), key=str) if own == kind}
        print(f"  {kind}: {sum(ended.values())}, ended with {ended}")
    sys.exit(1 if counts.findings else 0)


main()
