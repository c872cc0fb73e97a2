"""Writes the fixtures beside this file: python3 make_fixtures.py. Needs NumPy and safetensors.

Every array is 0, 1, 2, ... in row-major order, so that the tests know what to expect.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

folder = Path(__file__).parent


def npy(name, array, version=(1, 0)):
    with open(folder / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version)


def counting(*shape, dtype):
    return np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)


npy("c_f4.npy", counting(2, 3, dtype="<f4"))
npy("fortran_f8.npy", np.asfortranarray(counting(2, 3, dtype="<f8")))
npy("fortran_i2_4d.npy", np.asfortranarray(counting(3, 4, 2, 5, dtype="<i2")))
npy("fortran_u1_3d.npy", np.asfortranarray(counting(7, 3, 11, dtype="u1")))
npy("fortran_big_i4.npy", np.asfortranarray(counting(40, 70, dtype=">i4")))
npy("big_f2.npy", counting(2, 3, dtype=">f2"))
npy("big_u8.npy", counting(2, 3, dtype=">u8"))
npy("version2.npy", counting(5, dtype="<i8"), version=(2, 0))
npy("version3.npy", counting(5, dtype="<f8"), version=(3, 0))
npy("scalar.npy", np.array(0.0))
npy("empty.npy", np.zeros((0, 4), dtype="<u2"))
npy("objects.npy", np.array([{}, 1], dtype=object))
npy("records.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i8")]))
npy("complex.npy", np.zeros(2, dtype="<c16"))
npy("text.npy", np.array(["one", "two"]))
npy("dates.npy", np.array(["2020-01-01"], dtype="datetime64[D]"))
np.savez(folder / "stored.npz", a=counting(2, 3, dtype="<f4"), b=counting(4, dtype=">i8"))
np.savez_compressed(folder / "deflated.npz", a=counting(2, 3, dtype="<f4"), b=counting(100, dtype="<i4"))
save_file(
    {"weight": counting(2, 3, dtype="<f4"), "index": counting(3, dtype="<i8"), "mask": counting(1, dtype="?")},
    folder / "reference.safetensors",
    metadata={"format": "pt"},
)
