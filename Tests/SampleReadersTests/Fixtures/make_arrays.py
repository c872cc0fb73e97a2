"""Writes the fixtures of arrays, archives, images and texts, and expected.json beside them with every value.

    python3 make_arrays.py      (NumPy, safetensors, Pillow)
"""

import gzip, json, os, struct
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

here = os.path.dirname(os.path.abspath(__file__)) + "/arrays"
os.makedirs(here + "/images", exist_ok=True)
r = np.random.default_rng(0)
expected = {}


def expect(name, array, dtype, scale=1.0):
    values = np.asarray(array, dtype=np.float64) * scale
    expected[name] = {"shape": list(values.shape), "dtype": dtype, "values": values.ravel().tolist()}


def npy(name, array, dtype, **keywords):
    np.save(f"{here}/{name}", array, **keywords)
    expect(name, array, dtype)


x = r.normal(size=(5, 3))
npy("f8.npy", x, "float64")
npy("f4.npy", x.astype("<f4"), "float32")
npy("f2.npy", x.astype("<f2"), "float32")
npy("big.npy", x.astype(">f8"), "float64")
npy("fortran.npy", np.asfortranarray(r.normal(size=(4, 2, 3)).astype("<f4")), "float32")
npy("fortran_big.npy", np.asfortranarray(r.integers(-9, 9, size=(4, 3)).astype(">i4")), "float64")
npy("u1.npy", r.integers(0, 255, size=(4, 2, 2)).astype("u1"), "float32")
npy("i2.npy", r.integers(-300, 300, size=(6, 2)).astype("<i2"), "float64")
npy("bool.npy", np.array([[True, False], [False, True]]), "float32")
open(f"{here}/f8.npy.gz", "wb").write(gzip.compress(open(f"{here}/f8.npy", "rb").read(), mtime=0))
expect("f8.npy.gz", x, "float64")

np.savez(f"{here}/two.npz", u=x, v=x[:, :1].astype("<f4"))
expect("two.npz:u", x, "float64")
expect("two.npz:v", x[:, :1].astype("<f4"), "float32")
np.savez_compressed(f"{here}/one.npz", only=x)
expect("one.npz", x, "float64")

save_file({"w": x.astype("<f2"), "b": x}, f"{here}/two.safetensors")
expect("two.safetensors:w", x.astype("<f2"), "float32")
expect("two.safetensors:b", x, "float64")


def idx(name, array, code):
    data = struct.pack(">HBB", 0, code, array.ndim) + b"".join(struct.pack(">I", n) for n in array.shape)
    open(f"{here}/{name}", "wb").write(data + array.tobytes())


pixels = r.integers(0, 256, size=(3, 4, 5)).astype("u1")
idx("pixels.dat", pixels, 0x08)
expect("pixels.dat", (pixels.astype("<f4") / np.float32(255)), "float32")
idx("shorts", r.integers(-9, 9, size=(3, 2)).astype(">i2"), 0x0B)
expect("shorts", np.frombuffer(open(f"{here}/shorts", "rb").read()[12:], ">i2").reshape(3, 2), "float64")
letters = np.array([1, 26, 2, 26, 1, 2, 26], dtype="u1")
open(f"{here}/letters.gz", "wb").write(
    gzip.compress(struct.pack(">HBBI", 0, 8, 1, 7) + letters.tobytes(), mtime=0))
expected["letters.gz"] = {"labels": [str(n) for n in letters]}

# Images of several kinds; the first gives the size, and one of another size is resized.
grey = r.integers(0, 256, size=(6, 7)).astype("u1")
color = r.integers(0, 256, size=(6, 7, 3)).astype("u1")
Image.fromarray(grey).save(f"{here}/images/1.png")
Image.fromarray(color).save(f"{here}/images/2.png")
Image.fromarray((grey.astype("<u2") * 257)).save(f"{here}/images/3.png")
Image.fromarray(color).quantize(200).save(f"{here}/images/9.png")
Image.fromarray(np.dstack([color, np.full((6, 7), 255, "u1")])).save(f"{here}/images/10.png")
smooth = np.add.outer(np.arange(24), np.arange(28)).astype("u1") * 4
Image.fromarray(smooth).save(f"{here}/images/11.jpg", quality=95)
open(f"{here}/images/notes.txt", "w").write("no image\n")


def planes(image):
    a = np.asarray(image.convert("RGB"), dtype=np.float64) / 255
    return a.transpose(2, 0, 1)


files = ["1.png", "2.png", "3.png", "9.png", "10.png"]
images = [planes(Image.open(f"{here}/images/{f}")) for f in files]
images[2] = np.stack([grey.astype(np.float64) / 255] * 3)
expect("images", np.stack(images), "float32")

open(f"{here}/lines.txt", "w", newline="").write("eins\r\nzwei\n\nvier ünd\n")
expected["lines.txt"] = {"texts": ["eins", "zwei", "", "vier ünd"]}
json.dump(expected, open(f"{here}/expected.json", "w"))
