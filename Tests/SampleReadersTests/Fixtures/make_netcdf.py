"""Writes netcdf/ beside this script, and netcdf/expected.json: what the libraries of Python read of each file.

    python3 -m venv /tmp/netcdf && /tmp/netcdf/bin/pip install netCDF4 h5py xarray anndata scipy pandas
    /tmp/netcdf/bin/python make_netcdf.py

Values come from netCDF4's own masking and scaling, from h5py, scipy and xarray, not from formulas of ours.
"""

import json
import warnings
from pathlib import Path

import anndata
import h5py
import netCDF4
import numpy as np
import pandas as pd
import scipy.sparse
import xarray

warnings.filterwarnings("ignore")
folder = Path(__file__).parent / "netcdf"
folder.mkdir(exist_ok=True)
for old in folder.iterdir():
    old.unlink()
r = np.random.default_rng(0)
cases = []


def expect(spec, values=None, missing="refuse", space=None, **more):
    """A case: what is read of `spec` is `values` (masked where missing), or labels, or a failure."""
    dtype = more.pop("dtype", None)
    case = {"spec": spec, "missing": missing, **more}
    if space:
        case["space"] = space
    if values is not None:
        values = np.ma.asarray(values)
        case["shape"] = list(values.shape)
        case["dtype"] = np.dtype(dtype or values.dtype).name
        flat = np.ma.filled(values.astype(float), np.nan).ravel()
        case["values"] = [None if np.isnan(x) else float(x) for x in flat]
    cases.append(case)


def expect_missing(spec, values, failure):
    """A variable with missing values: refused, dropped, filled, and filled beside marks."""
    values = np.ma.asarray(values)
    gone = np.ma.getmaskarray(values) | np.isnan(np.ma.filled(values.astype(float), 0))
    if values.dtype.kind == "f":
        values = np.ma.array(np.where(gone, np.nan, np.ma.getdata(values)).astype(values.dtype))
    expect(spec, failure=failure)
    rows = np.flatnonzero(gone.reshape(len(gone), -1).any(1))
    expect(spec, np.ma.array(values, mask=gone), "drop", space="real", missingRows=rows.tolist())
    kind = values.dtype if values.dtype.kind == "f" else np.float64
    wide = np.where(gone, np.nan, np.ma.getdata(values).astype(float))
    filled = np.where(gone, np.nanmean(wide, 0), wide)
    expect(spec, filled, "mean", dtype=kind, tolerance=1e-6)
    if filled.ndim == 1:
        filled, gone = filled[:, None], gone[:, None]
    axis = 1
    marked = np.concatenate([filled, gone], axis) if filled.ndim == 2 else np.stack([filled, gone], axis)
    expect(spec, marked, "mask", dtype=kind, tolerance=1e-6)


# MARK: Conventions, in a 64-bit data file (CDF-5), which has every type of numbers

conventions = netCDF4.Dataset(folder / "conventions.dat", "w", format="NETCDF3_64BIT_DATA")
conventions.createDimension("sample", 6)
conventions.createDimension("two", 2)


def variable(name, dtype, values, attributes, dimensions=("sample",), fill=None):
    v = conventions.createVariable(name, dtype, dimensions, fill_value=fill)
    v.set_auto_maskandscale(False)
    for key, value in attributes.items():
        v.setncattr(key, value)
    v[:] = values
    return v


short = np.array([1, -5, 300, -32000, 7, 0], "i2")
i1 = np.array([-1, 5, -128, 127, 0, -2], "i1")
f4 = np.array([0.5, -999.9, 3.25, 1e20, -1.5, 7], "f4")
accepted = {
    "plain_int8": ("i1", i1, {}),
    "plain_uint8": ("u1", i1.view("u1"), {}),
    "plain_int16": ("i2", short, {}),
    "plain_uint16": ("u2", short.view("u2") // 3, {}),
    "plain_int32": ("i4", short * 7000, {}),
    "plain_uint32": ("u4", np.arange(6) * 700_000_000, {}),
    "plain_float32": ("f4", f4, {}),
    "plain_float64": ("f8", r.normal(size=6), {}),
    "full_byte": ("i1", np.array([-127, -128, 127, 0, 1, 2], "i1"), {}),  # bytes have no default fill
    "scaled_double": ("i2", short, {"scale_factor": 0.01, "add_offset": 273.15}),
    "scaled_float": ("i2", short, {"scale_factor": np.float32(0.01), "add_offset": np.float32(2)}),
    "scaled_int": ("i4", short * 70, {"scale_factor": np.float32(0.1)}),
    "offset_only": ("u1", i1.view("u1") // 2, {"add_offset": -100.0}),
    "unsigned": ("i1", i1, {"_Unsigned": "true"}),
    "unsigned_scaled": ("i2", short, {"_Unsigned": "true", "scale_factor": 0.5}),
    "harmless": ("i2", short, {"missing_value": np.int16(-999), "valid_range": np.array([-32000, 300], "i2"), "long_name": "x", "actual_range": np.array([0.0, 1.0])}),
}
refusing = {
    "fill": ("f4", f4, {}, np.float32(-999.9), "_FillValue"),
    "fill_double": ("f4", f4, {"missing_value": -999.9}, None, "missing_value"),  # of another type, as many write it
    "missing_several": ("i2", short, {"missing_value": np.array([300, 7], "i2")}, None, "missing_value"),
    "range": ("i2", short, {"valid_range": np.array([-10, 100], "i2")}, None, "outside the valid"),
    "minimum": ("f4", f4, {"valid_min": np.float32(-2)}, None, "outside the valid"),
    "maximum": ("i4", short.astype("i4"), {"valid_max": np.int32(100)}, None, "outside the valid"),
    "unsigned_fill": ("i1", i1, {"_Unsigned": "true"}, np.int8(-1), "255.0 (_FillValue)"),
    "unsigned_range": ("i1", i1, {"_Unsigned": "true", "valid_range": np.array([0, -3], "i1")}, None, "outside the valid"),
    "packed_fill": ("i2", short, {"scale_factor": 0.1, "add_offset": 5.0, "valid_min": np.int16(-100)}, np.int16(7), "is missing"),
}
for name, (dtype, values, attributes) in accepted.items():
    variable(name, dtype, values, attributes)
for name, (dtype, values, attributes, fill, _) in refusing.items():
    variable(name, dtype, values, attributes, fill=fill)
variable("nan", "f8", [1, np.nan, 3, 4, 5, 6], {})
variable("grid", "f4", np.array([[1, 2], [3, 4], [5, -1], [7, 8], [9, 10], [11, 12]]), {"missing_value": np.float32(-1)}, ("sample", "two"))
variable("big", "i8", [2**53 + 1, 2, 3, -(2**60) - 1, 5, 6], {})
variable("big_unsigned", "u8", np.array([2**53 + 1, 2, 3, 2**62 + 1, 5, 6], "u8"), {})
variable("valid_unpacked", "i2", short, {"scale_factor": 0.01, "valid_range": np.array([-1.0, 1.0])})
for name, dtype in [("unwritten_short", "i2"), ("unwritten_double", "f8"), ("unwritten_int64", "i8")]:
    conventions.createVariable(name, dtype, ("sample",))[:5] = np.arange(5)

nonsense = {
    "text_scale": ({"scale_factor": "0.01"}, "scale_factor of 'text_scale' is the text '0.01', not a number"),
    "text_offset": ({"add_offset": "1"}, "add_offset of 'text_offset' is the text"),
    "text_missing": ({"missing_value": "-999"}, "missing_value of 'text_missing' is the text"),
    "text_range": ({"valid_range": "0 10"}, "valid_range of 'text_range' is the text"),
    "zero_scale": ({"scale_factor": 0.0}, "scale_factor of 'zero_scale' is [0.0]"),
    "two_scales": ({"scale_factor": [1.0, 2.0]}, "scale_factor of 'two_scales' is [1.0, 2.0]"),
    "one_range": ({"valid_range": np.int16(3)}, "valid_range of 'one_range' is [3.0]"),
    "reversed": ({"valid_range": np.array([9, 1], "i2")}, "valid_range of 'reversed' leaves no value"),
    "both_ranges": ({"valid_range": np.array([1, 9], "i2"), "valid_min": np.int16(1)}, "stands beside"),
    "wide_missing": ({"missing_value": 1e20}, "missing_value of 'wide_missing' is 1e+20, which short does not hold"),
    "broken_missing": ({"missing_value": -999.5}, "which short does not hold"),
    "unclear_range": ({"scale_factor": 0.1, "valid_max": np.float32(4)}, "neither the type of packed nor of unpacked"),
    "odd_unsigned": ({"_Unsigned": "perhaps"}, "_Unsigned of 'odd_unsigned' is not understood"),
    "bits": ({"flag_masks": np.array([1, 2], "i2"), "flag_meanings": "a b"}, "flag_masks"),
    "few_meanings": ({"flag_values": np.array([0, 1], "i2"), "flag_meanings": "a b c"}, "2 flag_values and 3 flag_meanings"),
    "no_values": ({"flag_meanings": "a b c"}, "flag_values"),
}
for name, (attributes, _) in nonsense.items():
    variable(name, "i2", short, attributes)
sky = {"flag_values": np.array([0, 1, 4], "i1"), "flag_meanings": "clear cloudy  rain"}
variable("sky", "i1", [0, 4, 1, 1, 0, 4], sky)
variable("sky_gaps", "i1", [0, 9, 1, 1, 0, 4], sky, fill=np.int8(9))
variable("sky_unknown", "i1", [0, 3, 1, 1, 0, 4], sky)
conventions.createDimension("letters", 5)
names = conventions.createVariable("names", "S1", ("sample", "letters"))
names[:] = netCDF4.stringtochar(np.array(["red", "green", "red", "blue", "green", "blue"], "S5"))
gaps = conventions.createVariable("name_gaps", "S1", ("sample", "letters"))
gaps[:] = netCDF4.stringtochar(np.array(["red", "", "red", "blue", "green", "blue"], "S5"))
latin = conventions.createVariable("latin", "S1", ("sample", "letters"))
latin.setncattr("_Encoding", "iso-8859-1")
latin[:] = np.full((6, 5), b"x")
conventions.createVariable("scalar", "f8", ())[...] = 3
conventions.close()

file = netCDF4.Dataset(folder / "conventions.dat")
for name in accepted:
    # netCDF4 takes the default fill of bytes for missing too; the Users' Guide does not.
    values = np.ma.getdata(file[name][:]) if file[name].dtype.itemsize == 1 else file[name][:]
    expect(f"conventions.dat:{name}", values, space="real", tolerance=1e-7)
for name, (*_, failure) in refusing.items():
    # netCDF4 cannot mask the one, and ignores what is not of the variable's own type in the other.
    by_hand = {"unsigned_range": np.ma.masked_greater(i1.view("u1"), 253), "fill_double": np.ma.masked_equal(f4, f4[1])}
    values = by_hand[name] if name in by_hand else file[name][:]
    expect_missing(f"conventions.dat:{name}", values, failure)
expect_missing("conventions.dat:grid", file["grid"][:], "the value at [2, 1] is missing: -1.0 (missing_value)")
expect_missing("conventions.dat:nan", file["nan"][:], "the value at [1] is missing: not a number")
unpacked = short * 0.01  # netCDF4 takes every range as packed; the Users' Guide says when it is not
expect_missing("conventions.dat:valid_unpacked", np.ma.masked_outside(unpacked, -1, 1), "outside the valid -1.0...1.0")
for name in ["unwritten_short", "unwritten_double", "unwritten_int64"]:
    expect(f"conventions.dat:{name}", failure="the value at [5] is missing")
    expect(f"conventions.dat:{name}", file[name][:], "drop", space="real", missingRows=[5])
for name in ["big", "big_unsigned"]:
    expect(f"conventions.dat:{name}", space="real", integers=[int(x) for x in np.ma.getdata(file[name][:])])
for name, (_, failure) in nonsense.items():
    expect(f"conventions.dat:{name}", failure=failure)
expect("conventions.dat:bits", short, space="real")
expect("conventions.dat:sky", labels=["clear", "rain", "cloudy", "cloudy", "clear", "rain"])
expect("conventions.dat:sky", np.array([0, 4, 1, 1, 0, 4], "i1"), space="real")
expect("conventions.dat:sky_gaps", failure="a label is missing", missing="mean")
expect("conventions.dat:sky_gaps", labels=["clear", None, "cloudy", "cloudy", "clear", "rain"], missing="drop", missingRows=[1])
expect("conventions.dat:sky_unknown", failure="3.0 is none of flag_values")
expect("conventions.dat:names", labels=["red", "green", "red", "blue", "green", "blue"])
expect("conventions.dat:name_gaps", failure="the text '' is a missing value")
expect("conventions.dat:name_gaps", labels=["red", None, "red", "blue", "green", "blue"], space="labels", missing="drop", missingRows=[1])
expect("conventions.dat:latin", failure="the encoding 'iso-8859-1'")
expect("conventions.dat:scalar", failure="a single number is not a set of samples")
expect("conventions.dat:absent", failure="there is no variable or group 'absent'")
expect("conventions.dat", failure="more than one variable of data")

# MARK: Which axis, which variable

series = xarray.Dataset(
    {"temp": (("station", "time"), r.normal(size=(2, 3)))},
    coords={"time": pd.date_range("2020-01-01", periods=3), "lon": ("station", [3.0, 4.0]), "name": ("station", ["a", "b"])},
)
series.name.attrs["cf_role"] = "timeseries_id"
series.lon.attrs["units"] = "degrees_east"
series.to_netcdf(folder / "stations.NC", format="NETCDF3_CLASSIC")
expect("stations.NC", series.temp.values)
series.transpose("time", "station").to_netcdf(folder / "stations_turned", format="NETCDF3_64BIT")
expect("stations_turned", series.temp.values)  # cf_role says which axis counts stations
field = xarray.Dataset({"t": (("lat", "lon", "time"), r.normal(size=(2, 2, 3)).astype("f4"))}, {"time": np.arange(3), "lat": [1.0, 2], "lon": [3.0, 4]})
field.lat.attrs["units"], field.lon.attrs["units"], field.time.attrs["units"] = "degrees_north", "degrees_east", "days since 2000-01-01"
field.to_netcdf(folder / "field.nc", format="NETCDF3_CLASSIC", encoding={v: {"_FillValue": None} for v in field.variables})
expect("field.nc", np.moveaxis(field.t.values, 2, 0))
field.rename(time="member").drop_attrs().to_netcdf(folder / "first.nc", format="NETCDF3_CLASSIC", unlimited_dims=[])
expect("first.nc", field.t.values)
loose = xarray.Dataset({"v": ("n", [1.5, 2.5])}, {"run": ("m", [1.0, 2.0, 3.0])})  # in the file's attribute coordinates
loose.to_netcdf(folder / "loose.cdf", format="NETCDF3_CLASSIC", encoding={"v": {"_FillValue": None}})
expect("loose.cdf", loose.v.values)
unlimited = netCDF4.Dataset(folder / "unlimited.nc4", "w")
unlimited.createDimension("channel", 2), unlimited.createDimension("sample", None)
unlimited.createVariable("v", "i4", ("channel", "sample"), zlib=True, chunksizes=(1, 2))[:] = np.arange(10).reshape(2, 5)
unlimited.close()
expect("unlimited.nc4", np.arange(10, dtype="i4").reshape(2, 5).T)

# MARK: Plain HDF5

with h5py.File(folder / "plain.h5", "w") as f:
    f["group/name"] = r.normal(size=(5, 3))
    f["half"] = np.arange(6, dtype="f2").reshape(3, 2) / 4
    f["big_endian"] = np.array([[1, -2], [3, 4]], ">i4")
    f["full"] = np.array([65535, 0, 1], "u2")  # no NetCDF: no default fill
    f["text"] = ["uno", "due", "uno", "due"]
    f["flags"] = np.array([True, False])
    f["filled"] = np.array([1.0, -1.0, 3.0])
    f["filled"].attrs["_FillValue"] = np.array([-1.0])
    expect("plain.h5:/group/name", f["group/name"][:])
    expect("plain.h5:group/name", f["group/name"][:])
    expect("plain.h5:half", f["half"][:].astype("f4"))
    expect("plain.h5:big_endian", f["big_endian"][:].astype("i4"))
    expect("plain.h5:full", f["full"][:], space="real")
expect("plain.h5:text", labels=["uno", "due", "uno", "due"])
expect("plain.h5:flags", failure="there is no variable or group 'flags', or its type is none that NetCDF has")
expect("plain.h5:group", failure="'group' is a group, not one array — give one of group/name")
expect_missing("plain.h5:filled", np.ma.masked_values([1.0, -1, 3], -1), "the value at [1] is missing")
with h5py.File(folder / "user_block", "w", userblock_size=512) as f:
    f.create_dataset("only", data=np.arange(12.0).reshape(4, 3), chunks=(2, 2), compression="gzip")
with h5py.File(folder / "filter.h5", "w", libver=("v110", "v110")) as f:
    f.create_dataset("lzf", data=np.arange(4.0), chunks=(2,), compression="lzf")
    f["empty"] = np.zeros((0, 3))
    f.create_dataset("bomb", shape=(2**40, 2**5), chunks=(2**10, 2**5), dtype="f8")
expect("filter.h5:lzf", failure="'lzf' is compressed in a way that this machine's netCDF does not know")
expect("filter.h5:empty", failure="there are no numbers: the shape is [0, 3]")
expect("filter.h5:bomb", failure="of disk, and ")
expect("user_block", np.arange(12.0).reshape(4, 3))

# MARK: AnnData

n, d = 6, 4
X = scipy.sparse.csr_matrix(r.poisson(0.7, (n, d)).astype("f4"))
obs = pd.DataFrame({
    "cell": pd.Categorical(["B", "T", "B", "NK", "T", "NK"]),
    "gap": pd.Categorical(["B", None, "B", "T", "T", "B"]),
    "age": r.normal(size=n),
    "whole": pd.array([1, None, 3, 4, 5, 6], dtype="Int64"),
}, index=[f"c{i}" for i in range(n)])
data = anndata.AnnData(X, obs=obs)
data.obsm["X_pca"] = r.normal(size=(n, 2))
data.layers["counts"] = scipy.sparse.csc_matrix(X.astype("i8"))
data.write_h5ad(folder / "cells.h5ad")
expect("cells.h5ad:/X", X.toarray())
expect("cells.h5ad:/layers/counts", X.toarray().astype("i8"))
expect("cells.h5ad:/obsm/X_pca", data.obsm["X_pca"])
expect("cells.h5ad:/obs/age", obs.age.values)
expect("cells.h5ad:/obs/cell", labels=list(obs.cell))
expect("cells.h5ad:/obs/gap", failure="cells.h5ad:obs/gap (row 1): the label is missing")
expect("cells.h5ad:/obs/gap", labels=["B", None, "B", "T", "T", "B"], missing="drop", missingRows=[1])
expect("cells.h5ad:/obs/whole", failure="the encoding 'nullable-integer'")
expect("cells.h5ad:/obs", failure="'obs' is a group of the encoding 'dataframe'")
expect("cells.h5ad", failure=":X (6 × 4, csr_matrix), :layers/counts (6 × 4, csc_matrix), :obs/cell (6, categorical)")
with h5py.File(folder / "damaged.h5ad", "w", libver=("v110", "v110")) as f:
    def sparse(name, shape, indptr, indices, data, kind="csr_matrix"):
        g = f.create_group(name)
        g.attrs["encoding-type"], g.attrs["shape"] = kind, np.array(shape)
        g["indptr"], g["indices"], g["data"] = np.array(indptr), np.array(indices), np.array(data, float)
    sparse("falling", [2, 3], [0, 2, 1], [0, 1], [1, 2])
    sparse("short", [3, 3], [0, 1, 2], [0, 1], [1, 2])
    sparse("outside", [2, 3], [0, 1, 2], [0, 3], [1, 2])
    sparse("negative", [2, 3], [0, 1, 2], [0, -1], [1, 2], "csc_matrix")
    sparse("uneven", [2, 3], [0, 1, 2], [0, 1], [1])
    sparse("huge", [2**40, 2**40], [0, 1, 2], [0, 1], [1, 2])
    sparse("nothing", [0, 3], [0], [], [])
    sparse("hole", [2, 2], [0, 1, 2], [0, 1], [1, np.nan])
    sparse("twice", [2, 2], [0, 2, 3], [1, 1, 0], [1, 2, 4])
    g = f.create_group("codes")
    g.attrs["encoding-type"] = "categorical"
    g["codes"], g["categories"] = np.array([0, 2], "i1"), ["a", "b"]
    o = f.create_group("old")
    o["kind"] = np.array([1, 0, 1], "i1")
    o["__categories/kind"] = ["a", "b"]
for name, failure in {
    "falling": "indptr does not rise from 0 to 2", "short": "which do not fit 3 × 3", "outside": "the index 3 is out of 0 to 2",
    "negative": "do not fit 2 × 3", "uneven": "indices 2 and data 1 numbers", "huge": "is larger than any file",
    "nothing": "the shape is not two whole numbers above 0", "codes": "the code 2 names none of the 2 categories",
}.items():
    expect(f"damaged.h5ad:{name}", failure=failure)
expect_missing("damaged.h5ad:hole", np.array([[1, 0], [0, np.nan]]), "the value at [1, 1] is not a number")
expect("damaged.h5ad:twice", np.array([[0, 3.0], [4, 0]]))
expect("damaged.h5ad:old/kind", labels=["b", "a", "b"])

exec((Path(__file__).parent / "make_trajectories.py").read_text())
(folder / "expected.json").write_text(json.dumps(cases, indent=0, ensure_ascii=False).replace(",\n", ", "))
print(len(cases), "cases,", sum(f.stat().st_size for f in folder.iterdir()), "bytes")
