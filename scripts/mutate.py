"""Feeds the readers over libraries (tables through Arrow, PNG, JPEG) with mutated files.

    python3 scripts/mutate.py csv|parquet|feather|arrow|png|jpeg [SECONDS]

Builds Tests/Support/ReadingProbe, which reads one file after another. For each it must say in one line that the file was
read or what is wrong with it, within 10 seconds. A file for which it does not is kept as .build/mutate/READER-N-…, where
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
    def __init__(self, errors):
        self.errors = errors
        self.process = None

    def ask(self, line):
        """Nothing, or what was wrong with the answer."""
        if self.process is None:
            self.process = subprocess.Popen(
                [ROOT / ".build/release/ReadingProbe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self.errors,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30)))
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        answer, end = b"", time.monotonic() + 10
        while not answer.endswith(b"\n.\n"):
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
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

    def memory(self):
        """The most megabytes that it has had in memory."""
        if self.process is None:
            return 0
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main():
    reader, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 600
    kept = ROOT / ".build/mutate"
    kept.mkdir(parents=True, exist_ok=True)
    with_libraries = (ROOT / ".deps/with").read_text().strip()
    subprocess.run(["swift", "build", "-c", "release", "--product", "ReadingProbe"], cwd=ROOT, check=True,
                   env={"COUPLET_WITH": with_libraries, **os.environ}, stdout=subprocess.DEVNULL)
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    subprocess.run([sys.executable, ROOT / "Fuzz/seeds.py", reader, folder / "seeds"], check=True)
    seeds = {path: path.read_bytes() for path in sorted((folder / "seeds").iterdir())}
    (folder / "images").mkdir()
    r, start, asked, read, peak, findings = random.Random(time.time_ns()), time.time(), 0, 0, 0, []
    with open(folder / "errors", "w") as errors:
        probe = Probe(errors)
        while time.time() < start + seconds:
            seed = r.choice(list(seeds))
            is_first = asked < len(seeds) * len(MEMBERS[reader])
            # The seeds themselves first.
            if is_first:
                seed = list(seeds)[asked // len(MEMBERS[reader])]
            data = seeds[seed] if is_first else mutate(seeds[seed], list(seeds.values()), r)
            member = MEMBERS[reader][asked % len(MEMBERS[reader])] if is_first else r.choice(MEMBERS[reader])
            if reader == "png" and r.random() < 0.7:
                data = with_checksums(data)
            is_image = reader in ("png", "jpeg")
            path = folder / ("images" if is_image else "") / f"m{seed.suffix}"
            path.write_bytes(data)
            missing = r.choice(["refuse", "drop", "mean", "mask"])
            finding = probe.ask(f"{missing} {folder / 'images' if is_image else path}{member}")
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
