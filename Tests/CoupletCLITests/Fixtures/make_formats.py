"""Writes formats/: the same 60 pairs, u in ℝ³ and v in ℝ², in every format of vectors, each by a library that people use:
NumPy, safetensors, pandas, h5py, xarray, and images of u by Pillow.

    pip install numpy pandas pyarrow h5py xarray netCDF4 safetensors pillow
    python3 Tests/CoupletCLITests/Fixtures/make_formats.py
"""

import gzip
import os

import h5py
import numpy as np
import pandas as pd
import xarray as xr
from PIL import Image
from safetensors.numpy import save_file

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")


def main():
    generator = np.random.default_rng(11)
    # Multiples of 1/64, which text and every type of number hold exactly.
    u = np.round(generator.standard_normal((60, 3)) * 64) / 64
    v = np.round((u[:, :2] + 0.5 * generator.standard_normal((60, 2))) * 64) / 64
    os.makedirs(os.path.join(HERE, "images"), exist_ok=True)

    def path(name):
        return os.path.join(HERE, name)

    np.save(path("u.npy"), u)
    np.save(path("v.npy"), v)
    np.save(path("u-fortran.npy"), np.asfortranarray(u))
    np.save(path("v-float32.npy"), v.astype(">f4"))
    np.savez_compressed(path("pairs.npz"), u=u, v=v)
    save_file({"u": u, "v": v.astype(np.float32)}, path("pairs.safetensors"))
    table = pd.DataFrame(
        np.hstack([u, v]), columns=["a1", "a2", "a3", "b1", "b2"])
    table.to_csv(path("pairs.csv"), index=False)
    table.to_csv(path("pairs.tsv"), index=False, sep="\t")
    with open(path("pairs.csv"), "rb") as plain, gzip.GzipFile(path("pairs.csv.gz"), "wb", mtime=0) as out:
        out.write(plain.read())
    table.to_parquet(path("pairs.parquet"))
    table.to_feather(path("pairs.feather"))
    xr.Dataset({"u": (("sample", "x"), u), "v": (("sample", "y"), v)}).to_netcdf(path("pairs.nc"))
    with h5py.File(path("pairs.h5"), "w") as file:
        file.create_dataset("group/u", data=u)
        file.create_dataset("group/v", data=v.astype(np.float32), chunks=(7, 2), compression="gzip")
    for i in range(60):
        pixels = np.clip(128 + 32 * np.repeat(u[i], 3).reshape(3, 3), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(path(f"images/{i:02}.png"))
    with open(path("lines.txt"), "w") as file:
        file.writelines(f"pair number {i}\n" for i in range(60))


if __name__ == "__main__":
    main()
