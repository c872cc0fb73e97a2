"""Trains on data larger than memory: two files of 20 GB against their first 1 GB, which stays in the system's cache.

Bars: the first step within 10 s; less than 4 GB of anonymous memory (pages of mapped files, which the system takes back
at will, do not count); at least half as many rows a second as with 1 GB while pages are cached, and otherwise what the
disk itself gives of random rows, which is measured and printed beside.

With `ranks`, two MPI ranks train on 20 GB of .npy, and on 16 Parquet shards that hold 8 GB decoded, each with less than
4 GB of anonymous memory in all.

    PYTHONPATH=.deps/python python3 scripts/check-long.py [ranks]     files in $COUPLET_LONG, else .build/long; removed at the end
"""

import concurrent.futures
import datetime
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from measure.memory import anonymous  # noqa: E402
from measure.mpi import ENVIRONMENT  # noqa: E402

FOLDER = pathlib.Path(os.environ.get("COUPLET_LONG", ROOT / ".build/long"))
COLUMNS, BATCH, TILES = 256, 1024, 20
TILE = 1_000_000_000 // (4 * COLUMNS)  # rows
LIMIT, FIRST_STEP = 4_000_000_000, 10
HEADER = 128  # bytes before the first row


def say(line):
    print(f"check-long: {line}", file=sys.stderr, flush=True)


def write(path, tile, tiles):
    """The tile, again and again, with the number of the row, in millions, added to its first coordinate."""
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (tiles * TILE, COLUMNS)})
        assert file.tell() == HEADER
        first = tile[:, 0].copy()
        for place in range(tiles):
            tile[:, 0] = first + np.arange(place * TILE, (place + 1) * TILE) / 1e6
            file.write(tile.data)
        tile[:, 0] = first


def data(sizes):
    """Files of each size in tiles, for both sides."""
    draw = np.random.default_rng(0)
    u = draw.standard_normal((TILE, COLUMNS), dtype=np.float32)
    for side in "uv":
        for tiles in sizes:
            write(FOLDER / f"{side}-{tiles}.npy", u, tiles)
        u += draw.standard_normal((TILE, COLUMNS), dtype=np.float32)
    os.sync()


def shards(count=16, rows=488_281):
    """Parquet files of two columns, u and v, of lists of 256 numbers together: 8 GB of them."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    draw, half = np.random.default_rng(0), COLUMNS // 2
    (FOLDER / "shards").mkdir()
    for shard in range(count):
        with parquet.ParquetWriter(
                FOLDER / f"shards/part-{shard}.parquet",
                pa.schema([(side, pa.list_(pa.float32(), half)) for side in "uv"]), compression="none") as writer:
            for begin in range(0, rows, 1 << 16):
                u = draw.standard_normal((min(1 << 16, rows - begin), half), dtype=np.float32)
                v = u + draw.standard_normal(u.shape, dtype=np.float32)
                writer.write_table(pa.table({
                    side: pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), half)
                    for side, x in (("u", u), ("v", v))}))
    os.sync()


def on_ranks():
    """20 GB of .npy and 8 GB out of Parquet on two ranks: the table and what failed."""
    half = TILES // 2
    say(f"writing {TILES} GB")
    data([half])
    say("training on two ranks")
    arrays = train(FOLDER / f"u-{half}.npy", FOLDER / f"v-{half}.npy", 60, ranks=2)
    for side in "uv":
        (FOLDER / f"{side}-{half}.npy").unlink()
    say("writing 16 shards")
    shards()
    say("training on two ranks")
    tables = train(f"{FOLDER}/shards:u", f"{FOLDER}/shards:v", 60, ranks=2)
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, two ranks of one thread\n")
    print("| data | first step | rows a second | anonymous memory of both ranks |\n|---|---|---|---|")
    for name, (first, rows, peak) in ((f"2 × {half} GB of .npy", arrays), ("16 Parquet shards, 8 GB decoded", tables)):
        print(f"| {name} | {first:.1f} s | {rows:,.0f} | {peak / 1e6:,.0f} MB |")
    print()
    return ["more than 4 GB of anonymous memory"] if max(arrays[2], tables[2]) > LIMIT else []


MPI = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n"]


def processes(process, ranks):
    """The processes that train: of mpirun's, its children."""
    if ranks == 1:
        return [process.pid]
    found = subprocess.run(["pgrep", "-P", str(process.pid), "-x", "couplet"], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def train(u, v, seconds, ranks=1):
    """Seconds to the first step, rows a second after it, and the most anonymous memory, of all ranks together."""
    run = FOLDER / "run"
    shutil.rmtree(run, ignore_errors=True)
    start, peak, times, lines = time.monotonic(), 0, {}, []
    command = [ROOT / ".build/release/couplet", "train", "--u", u, "--v", v,
               "--encoder-u", "linear", "--encoder-v", "linear", "--batch", str(BATCH), "--epochs", "1000",
               "--groups", "none", "--evaluate-every", "1000", "--out", run]
    if ranks > 1:
        command = MPI + [str(ranks)] + command + ["--threads", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)

    def read():
        for line in process.stderr:
            lines.append(line)
            for event, mark in (("step", "epoch 1/"), ("end", "interrupted after step ")):
                if mark in line:
                    times.setdefault(event, time.monotonic())

    reader = threading.Thread(target=read)
    reader.start()
    while process.poll() is None:
        peak = max(peak, sum(anonymous(found) for found in processes(process, ranks)))
        if "step" in times and time.monotonic() - times["step"] > seconds and "asked" not in times:
            times["asked"] = time.monotonic()
            for found in processes(process, ranks):
                os.kill(found, signal.SIGINT)
        time.sleep(0.05)
    reader.join()
    if "end" not in times:
        sys.exit(f"check-long: error: training ended before it was interrupted:\n{''.join(lines)}")
    last = next(line for line in reversed(lines) if "interrupted after step " in line)
    steps = int(last.split("interrupted after step ")[1].split(";")[0].replace(",", ""))
    return times["step"] - start, (steps - 1) * BATCH / (times["end"] - times["step"]), peak


def cached(path):
    """The part of a file that the system's cache holds."""
    found = subprocess.run(["fincore", "-b", "-n", "-o", "RES", path], capture_output=True, text=True)
    return int(found.stdout) / path.stat().st_size if found.returncode == 0 else float("nan")


def disk(readers, seconds=10):
    """Rows of both files, at random places, a second, read by so many threads from the disk itself."""
    files = [os.open(FOLDER / f"{side}-{TILES}.npy", os.O_RDONLY) for side in "uv"]
    for file in files:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)

    def read(seed):
        draw, count, end = random.Random(seed), 0, time.monotonic() + seconds
        while time.monotonic() < end:
            for file in files:
                os.pread(file, 4 * COLUMNS, HEADER + 4 * COLUMNS * draw.randrange(TILES * TILE))
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(readers) as pool:
        return sum(pool.map(read, range(readers))) / seconds


def alone():
    """Files of 20 GB against their first 1 GB."""
    say(f"writing {2 * TILES} GB")
    data([1, TILES])

    def file(side, tiles):
        return FOLDER / f"{side}-{tiles}.npy"

    for side in "uv":
        file(side, 1).read_bytes()
    say("training on 1 GB, cached")
    short = train(file("u", 1), file("v", 1), 30)
    say(f"training on {TILES} GB")
    before = np.mean([cached(file(side, TILES)) for side in "uv"])
    long = train(file("u", TILES), file("v", TILES), 125)
    say("reading rows at random")
    single, many = disk(1), disk(32)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, {memory:.0f} GB of memory, of the files of {TILES} GB "
          f"{100 * before:.0f} % cached\n")
    print("| files | first step | rows a second | anonymous memory |\n|---|---|---|---|")
    for tiles, (first, rows, peak) in ((1, short), (TILES, long)):
        print(f"| 2 × {tiles} GB | {first:.1f} s | {rows:,.0f} | {peak / 1e6:,.0f} MB |")
    print(f"\nThe disk alone: {single:,.0f} random pairs of rows a second for one reader, {many:,.0f} for 32.\n")
    fast = long[1] >= min(short[1] / 2, many)
    return [what for what, holds in (
        ("the first step took longer than 10 s", max(short[0], long[0]) <= FIRST_STEP),
        ("more than 4 GB of anonymous memory", max(short[2], long[2]) <= LIMIT),
        ("slower than half of the rows from the cache, and than the disk", fast)) if not holds]


def main():
    ranks = sys.argv[1:] == ["ranks"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Shards and what is decoded of them are fewer bytes than the arrays.
    needed = (TILES if ranks else 2 * (TILES + 1)) * 1_000_000_000 + 2_000_000_000
    free = shutil.disk_usage(FOLDER).free
    if free < needed:
        sys.exit(f"check-long: error: {needed / 1e9:.0f} GB are needed, and {free / 1e9:.0f} GB are free — "
                 f"make room, or name another folder in COUPLET_LONG")
    try:
        failed = on_ranks() if ranks else alone()
    finally:
        shutil.rmtree(FOLDER)
    print("All bars hold." if not failed else f"Missed: {'; '.join(failed)}.")
    sys.exit(bool(failed))


main()
