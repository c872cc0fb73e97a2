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


if reader == "gzip":
    for name, data in ("empty", b""), ("zeros", bytes(5000)), ("text", b"a text, and again a text " * 9):
        save(name, gzip.compress(data, mtime=0))
        save(f"{name}-fast", gzip.compress(data, 1, mtime=0) + gzip.compress(data, 9, mtime=0))
    save("named", b"\x1f\x8b\x08\x1d" + bytes(6) + b"\x03\x00abcname\x00comment\x00" + gzip.compress(b"x", mtime=0)[10:])
elif reader == "idx":
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
elif reader in ("csv", "parquet", "feather", "arrow"):
    import pyarrow as pa
    from pyarrow import csv, feather, ipc, parquet

    text = pa.array(["cat", "dog", "cat", "a text of more than twelve letters", "y", "\u00fc"] * 3)
    table = pa.table({
        "a": pa.array([i / 4 for i in range(18)]), "b": pa.array([i / 3 for i in range(18)], pa.float32()),
        "text": text, "coded": text.dictionary_encode(), "lists": pa.array([[i, 2.5] for i in range(18)]),
        "whole": pa.array([i % 3 for i in range(18)], pa.uint8()), "id": pa.array([2**60 + i // 6 for i in range(18)]),
        "time": pa.array(range(18), pa.timestamp("s")),
        "gap": pa.array([None if i == 7 else i for i in range(18)], pa.int16()),
    })
    wide = table.set_column(2, "text", text.cast(pa.string_view())).set_column(
        4, "lists", table["lists"].cast(pa.large_list(pa.float64())))
    flat = table.drop_columns(["lists", "coded"]).set_column(5, "time", pa.array(range(18)))
    if reader == "csv":
        csv.write_csv(flat, folder / "quoted.csv")
        csv.write_csv(flat, folder / "plain.csv", csv.WriteOptions(include_header=False, quoting_style="none"))
        csv.write_csv(flat, folder / "semicolons.csv", csv.WriteOptions(delimiter=";"))
    elif reader == "parquet":
        for codec in "none", "snappy", "gzip", "zstd", "brotli", "lz4":
            parquet.write_table(table, folder / f"{codec}.parquet", compression=codec, row_group_size=7)
        parquet.write_table(table, folder / "second.parquet", data_page_version="2.0", use_dictionary=False,
                            column_encoding={"a": "BYTE_STREAM_SPLIT", "id": "DELTA_BINARY_PACKED",
                                             "text": "DELTA_BYTE_ARRAY"})
    else:
        for codec in None, "lz4", "zstd":
            for kind, content in ("narrow", table), ("wide", wide):
                path = folder / f"{codec}-{kind}.{reader}"
                if reader == "feather":
                    feather.write_feather(content, path, compression=codec or "uncompressed", chunksize=7)
                else:
                    options = ipc.IpcWriteOptions(compression=codec)
                    with ipc.new_stream(str(path), content.schema, options=options) as stream:
                        stream.write_table(content, max_chunksize=7)
elif reader in ("png", "jpeg"):
    from PIL import Image

    color = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 11, 4)).astype("u1"))
    if reader == "png":
        for mode in "1", "L", "LA", "P", "RGB", "RGBA", "I;16":
            color.convert("I" if mode == "I;16" else mode).convert(mode).save(folder / f"{mode.replace(';', '')}.png")
        color.quantize(5).save(folder / "few.png", transparency=2, bits=4)
    else:
        for mode in "L", "RGB", "CMYK":
            for progressive in False, True:
                color.convert("RGB").convert(mode).resize((40, 33)).save(
                    folder / f"{mode}{progressive}.jpg", progressive=progressive, quality=80)
        color.convert("RGB").save(folder / "fine.jpg", subsampling=0, restart_marker_rows=1, comment=b"x" * 99)
elif reader in ("netcdf", "hdf5"):
    import h5py
    import netCDF4

    def fill(file):
        file.createDimension("obs", 12)
        file.createDimension("time", None)
        file.createDimension("letters", 5)
        x = file.createVariable("x", "f4", ("time", "obs"), fill_value=-999)
        x[:] = np.arange(36).reshape(3, 12)
        label = file.createVariable("label", "i1", ("obs",))
        label.setncatts({"flag_values": np.array([0, 1, 2], "i1"), "flag_meanings": "one two three"})
        label[:] = np.arange(12) % 3
        packed = file.createVariable("packed", "i2", ("obs",))
        packed.setncatts({"scale_factor": 0.5, "add_offset": 1.0, "valid_min": np.int16(-5)})
        packed[:] = np.arange(12)
        name = file.createVariable("name", "S1", ("obs", "letters"))
        name[:] = netCDF4.stringtochar(np.array(["ab", "cdefg"] * 6, "S5"))
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts({"units": "days since 2000-01-01", "standard_name": "time", "axis": "T"})
        time[:] = np.arange(3)
        file.setncatts({"Conventions": "CF-1.8", "title": "a title"})

    if reader == "netcdf":
        for layout in "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF4", "NETCDF4_CLASSIC":
            with netCDF4.Dataset(folder / f"{layout}.nc", "w", format=layout) as file:
                fill(file)
    else:
        for name, options in ("plain", {}), ("chunked", {"chunks": True}), ("packed", {"compression": "gzip", "shuffle": True,
                                                                                        "fletcher32": True}):
            with h5py.File(folder / f"{name}.h5", "w", libver="latest" if name == "chunked" else None) as file:
                file.create_dataset("x", data=np.arange(36.0).reshape(12, 3), **options)
                file.create_dataset("group/y", data=np.arange(24, dtype="u2").reshape(12, 2), **options)
                file.create_dataset("text", data=[f"text {k}" for k in range(12)])
                file.create_dataset("obs/kind/codes", data=np.arange(12, dtype="i1") % 2)
                file.create_dataset("obs/kind/categories", data=["cat", "dog"])
                file["obs/kind"].attrs["encoding-type"] = "categorical"
                file["obs/kind"].attrs["encoding-version"] = "0.2.0"
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
