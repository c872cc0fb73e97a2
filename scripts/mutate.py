"""Feeds the readers over libraries (tables through Arrow, PNG, JPEG), and what reads settings and runs, with mutated files.

    python3 scripts/mutate.py csv|parquet|feather|arrow|png|jpeg|text|config|run [SECONDS]

Builds Tests/Support/ReadingProbe, or SettingsProbe for the last three, which reads one file after another. For each it must say in one line that the file was
read or what is wrong with it, within 10 seconds of its own (300 on the clock: the machine may be busy). A file for which it does not is kept as .build/mutate/READER-N-…, where
the name ends in what was asked of the file, and the script goes on; its status is 1 when there was any.
Seeds are written by Fuzz/seeds.py, which needs pyarrow and Pillow.
"""
import os
import random
import resource
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ["", ":a", ":a,b", ":text", ":coded", ":lists", ":whole", ":gap,a", ":id/time/a,b", ":text/time/b"]
MEMBERS = {"csv": TABLE, "parquet": TABLE, "feather": TABLE, "arrow": TABLE, "png": [""], "jpeg": [""]}
NUMBERS = [0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 65536, 2**31 - 1, -2**31, 2**32 - 1, 2**62, -2**63]
TOKENS = [b'"', b",", b"\n", b"\r\n", b";", b"\t", b"\0", b"\xff\xfe", b"-", b"1e999", b"nan", b"9" * 30, b"\xf0\x9f\x98\x80"]


def mutate(data, others, r):
    data = bytearray(data)
    for _ in range(r.choice([1, 1, 1, 2, 2, 4, 8, 16])):
        if not data:
            break
        at = r.randrange(len(data))
        kind = r.randrange(8)
        if kind == 0:
            data[at] ^= 1 << r.randrange(8)
        elif kind == 1:
            data[at] = r.randrange(256)
        elif kind == 2:
            code = r.choice("bhiq")
            number = struct.pack(r.choice("<>") + "q", r.choice(NUMBERS))[: struct.calcsize(code)]
            data[at : at + len(number)] = number
        elif kind == 3:
            del data[at : at + r.choice([1, 2, 4, 8, 64])]
        elif kind == 4:
            data[at:at] = data[at : at + r.choice([1, 4, 8, 64])] * r.choice([1, 1, 2, 100])
        elif kind == 5 and r.random() < 0.3:
            del data[at:]
        elif kind == 6:
            other = r.choice(others)
            start = r.randrange(len(other))
            data[at : at + r.choice([0, 16])] = other[start : start + r.choice([4, 16, 256])]
        else:
            data[at:at] = r.choice(TOKENS)
    return bytes(data)


def with_checksums(png):
    """The chunks of a PNG with the checksums that they should have, so that more than those is tested."""
    data, at = bytearray(png), 8
    while at + 12 <= len(data):
        end = at + 8 + struct.unpack_from(">I", data, at)[0]
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


class Probe:
    def __init__(self, program, errors):
        self.program = program
        self.errors = errors
        self.process = None

    def ask(self, line):
        """Nothing, or what was wrong with the answer."""
        if self.process is None:
            self.process = subprocess.Popen(
                [ROOT / ".build/release" / self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self.errors,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30)))
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        answer, start, seconds = b"", time.monotonic(), self.seconds()
        while not answer.endswith(b"\n.\n"):
            if not select.select([self.process.stdout], [], [], 1)[0]:
                if self.seconds() < seconds + 10 and time.monotonic() < start + 300:
                    continue
                self.process.kill()
                return self.ended("hang")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                return self.ended("crash")
            answer += piece
        self.was_read = answer.startswith(b"read ")
        if not answer.startswith((b"read ", b"refused ")) or answer.count(b"\n") != 2 or len(answer) > 2000:
            return "lines"
        return None

    def ended(self, how):
        self.process.wait()
        self.process = None
        return how

    def seconds(self):
        """What it has taken of a processor."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """The most megabytes that it has had in memory."""
        if self.process is None:
            return 0
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024


WORDS = ["linear", "mlp:8,4:tanh", "cnn:width=4", "ngrams:sizes=2,3:buckets=64", "transformer:depth=2:width=8:heads=2", "quadratic",
         "one-hot", "embedding", "fixed", "lenet", "linear:whitened", "mlp:8:dropout=0.5:standardized:normalized",
         "two-sided:weights=1,2", "joint:all-pairs", "mmd-joint:kernel-u=polynomial/3/0.5", "mmd-two-sided:kernel-v=laplace/2",
         "u-given-v", "cosine", "inner-product", "squared-distance", "adam", "adamw:weight-decay=0.1", "sgd:momentum=0.5",
         "lbfgs:iterations=3", "cosine:warmup=0.1:final=0.2", "linear:final=0.5", "constant", "queue:64", "labels", "batch",
         "gaussian:0.5", "laplace", "polynomial:3:0.5", "energy", "pair:width=8:blocks=1:negatives=3", "pair:correcting=cosine",
         "sigmoid", "anchored:gamma=2", "linear:identity", "mlp:8:scaled", "torchscript:a.pt:train", "pt2:a.pt2", "0.1", "none",
         "rows.npy", "learned:0.1:bounds=0.01,1", "mmd-u-given-v", "cnn:width=4:normalized", "ngrams"]
TOKENS += [word.encode() for word in
           [":", "=", "/", ",", "1e308", "5e-324", "1e400", "inf", "9223372036854775807", "9223372036854775808", "-0.0", "0x1p-3", "null",
            "true", "[]", "{}", "[-1]", '"format"', '"sides"', '"shape"', '"labels"', '"classes"', '"queue:1"', "\\u0000", "\\ud800"]]


def write_settings(kind, folder):
    """Whole settings, or a whole run with its data."""
    folder.mkdir()
    if kind == "text":
        for k, word in enumerate(WORDS):
            (folder / f"{k}.txt").write_text(word)
        return
    import numpy as np

    data, r = folder.parent / "data", np.random.default_rng(0)
    data.mkdir()
    np.save(data / "u.npy", r.normal(size=(24, 3)))
    np.save(data / "v.npy", r.normal(size=(24, 2)))
    np.save(data / "l.npy", np.arange(24) % 3)
    for name, words in {
        "queue": "--v v.npy --reference-u queue:16 --potential-v quadratic", "labels": "--v l.npy --encoder-u mlp:4 --reference-v labels "
        "--optimizer sgd:momentum=0.5 --schedule cosine", "joint": "--v v.npy --loss joint --optimizer lbfgs --clip 1 --chunk 4",
    }.items():
        subprocess.run([ROOT / ".build/release/couplet", "train", "--u", "u.npy", *words.split(), "--epochs", "1", "--batch", "8", "-q",
                        "--out", folder / name if kind == "run" else data / name], cwd=data, check=True, stdout=subprocess.DEVNULL)
        if kind == "config":
            shutil.copy(data / name / "config.json", folder / f"{name}.json")
            (folder / f"{name}-short.json").write_text(" ".join((data / name / "config.json").read_text().split()))


def change_run(folder, seeds, r):
    """A copy of a run with one of its files mutated."""
    run = folder / "r"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(r.choice(sorted((folder / "seeds").iterdir())), run)
    files = [path for path in sorted(run.rglob("*")) if path.is_file() and path.name != "report.html"]
    path = r.choice(files)
    path.write_bytes(mutate(path.read_bytes(), [path.read_bytes() or b"x"], r))
    return path


def main():
    reader, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 600
    kept = ROOT / ".build/mutate"
    kept.mkdir(parents=True, exist_ok=True)
    with_libraries = (ROOT / ".deps/with").read_text().strip()
    is_settings = reader in ("text", "config", "run")
    program = "SettingsProbe" if is_settings else "ReadingProbe"
    for product in [program, "couplet"] if reader in ("config", "run") else [program]:
        subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True,
                       env={"COUPLET_WITH": with_libraries, **os.environ}, stdout=subprocess.DEVNULL)
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    if is_settings:
        write_settings(reader, folder / "seeds")
    else:
        subprocess.run([sys.executable, ROOT / "Fuzz/seeds.py", reader, folder / "seeds"], check=True)
    seeds = {} if reader == "run" else {path: path.read_bytes() for path in sorted((folder / "seeds").iterdir())}
    (folder / "images").mkdir()
    members = MEMBERS.get(reader, [""])
    r, start, asked, read, peak, findings = random.Random(time.time_ns()), time.time(), 0, 0, 0, []
    with open(folder / "errors", "w") as errors:
        probe = Probe(program, errors)
        while time.time() < start + seconds:
            if reader == "run":
                path = change_run(folder, seeds, r)
                changed = path.read_bytes()
                finding = probe.ask(f"run {folder / 'r'}")
                asked, read = asked + 1, read + (finding is None and probe.was_read)
                if finding:
                    findings.append(f"run-{len(findings)}-{finding}")
                    shutil.copytree(folder / "r", kept / findings[-1], dirs_exist_ok=True)
                    (kept / findings[-1] / path.relative_to(folder / "r")).write_bytes(changed)
                    print("finding:", kept / findings[-1], path.name, flush=True)
                if asked % 100 == 0:
                    peak = max(peak, probe.memory())
                continue
            seed = r.choice(list(seeds))
            is_first = asked < len(seeds) * len(members)
            # The seeds themselves first.
            if is_first:
                seed = list(seeds)[asked // len(members)]
            data = seeds[seed] if is_first else mutate(seeds[seed], list(seeds.values()), r)
            member = members[asked % len(members)] if is_first else r.choice(members)
            if reader == "png" and r.random() < 0.7:
                data = with_checksums(data)
            is_image = reader in ("png", "jpeg")
            path = folder / ("images" if is_image else "") / f"m{seed.suffix}"
            path.write_bytes(data)
            missing = r.choice(["refuse", "drop", "mean", "mask"])
            finding = probe.ask(f"{reader if is_settings else missing} {folder / 'images' if is_image else path}{member}")
            asked, read = asked + 1, read + (finding is None and probe.was_read)
            if finding:
                name = f"{reader}-{len(findings)}-{finding}{member.replace('/', '_')}{seed.suffix}"
                (kept / name).write_bytes(data)
                findings.append(name)
                print("finding:", kept / name, flush=True)
            if asked % 1000 == 0:
                peak = max(peak, probe.memory())
        peak = max(peak, probe.memory())
        if probe.process:
            probe.process.stdin.close()
    print((folder / "errors").read_text()[-2000:], end="")
    shutil.rmtree(folder)
    print(f"{reader}: {asked} files in {time.time() - start:.0f} s, {read} of them read, at most {peak} MB; "
          f"{len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
