"""Writes small valid files for the fuzzer to start from: python3 Fuzz/seeds.py READER FOLDER."""

import gzip
import io
import json
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

reader, folder = sys.argv[1], Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)


def save(name, data):
    (folder / name).write_bytes(data)


if reader == "idx":
    codes = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
    for code, dtype in codes.items():
        array = np.arange(6).astype(dtype)
        data = struct.pack(">HBB2I", 0, code, 2, 2, 3) + array.tobytes()
        save(f"{code:02x}", data)
        save(f"{code:02x}.gz", gzip.compress(data, mtime=0))
        save(f"{code:02x}.2.gz", gzip.compress(data[:9], mtime=0) + gzip.compress(data[9:], mtime=0))
elif reader == "npy":
    for dtype in "?bBhHiIqQefd":
        for order in "<>":
            for layout in "CF":
                file = io.BytesIO()
                array = np.array(np.arange(6).reshape(1, 2, 3), np.dtype(dtype).newbyteorder(order), order=layout)
                np.lib.format.write_array(file, array, version=(ord(dtype) % 3 + 1, 0))
                save(f"{ord(dtype)}{ord(order)}{layout}", file.getvalue())
elif reader == "npz":
    arrays = {"u": np.arange(6.0).reshape(2, 3), "ü": np.array([True, False]), "empty": np.zeros((0, 2), "i2")}
    for function in np.savez, np.savez_compressed:
        file = io.BytesIO()
        function(file, **arrays)
        save(function.__name__, file.getvalue())
    for method in zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            member = io.BytesIO()
            np.save(member, arrays["u"])
            archive.comment = b"comment"
            with archive.open("wide.npy", "w", force_zip64=True) as entry:
                entry.write(member.getvalue())
        save(f"wide{method}", file.getvalue())
elif reader == "safetensors":
    def tensors(**shapes):
        header, data = {"__metadata__": {"step": "1", "k\u00fc": "\u2028\"\\"}}, b""
        for name, (dtype, size, shape) in shapes.items():
            count = int(np.prod(shape)) * size
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + count]}
            data += bytes(range(count))
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data

    save("one", tensors(w=("F32", 4, [2, 3])))
    save("empty", tensors())
    save("many", tensors(a=("F64", 8, [2]), b=("BF16", 2, [1, 3]), c=("BOOL", 1, []), d=("I64", 8, [0, 4])))
    save("types", tensors(a=("U16", 2, [1]), b=("I8", 1, [2]), c=("F16", 2, [1]), d=("U32", 4, [1])))
