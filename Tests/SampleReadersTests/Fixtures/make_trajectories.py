# Run by make_netcdf.py: trajectories in CF's layouts. Tracks of 3, 1 and 2 observations, as lists of (t, x, y).

tracks = [[(0.0, 1.0, -1.0), (1.0, 2.0, -2.0), (2.5, 4.0, -3.0)], [(5.0, 6.0, 7.0)], [(0.5, 8.0, 9.0), (3.0, 7.0, 9.5)]]


def padded(tracks, channels=3):
    length = max(len(t) for t in tracks)
    out = np.zeros((len(tracks), length, channels))
    for i, t in enumerate(tracks):
        for j, (_, x, y) in enumerate(t):
            out[i, j] = ([x, y] + [1])[:channels]
    return out


def trajectories(name, tracks, layout, role=True, turned=False, types="f8", feature=True, format="NETCDF3_CLASSIC",
                 lon=dict(standard_name="longitude", units="degrees_east"), lat=dict(standard_name="latitude", units="degrees_north"),
                 time=dict(standard_name="time", units="days since 2000-01-01"), shuffle=None, edit=None):
    f = netCDF4.Dataset(folder / name, "w", format=format)
    if feature:
        f.featureType = "trajectory"
    n, longest, total = len(tracks), max(map(len, tracks)), sum(map(len, tracks))
    f.createDimension("drifter", n)
    if role:
        f.createVariable("id", "i4", ("drifter",))[:] = np.arange(n) + 7
        f["id"].cf_role = "trajectory_id"
    flat = [(i, *o) for i, t in enumerate(tracks) for o in t]
    f.createDimension("obs", longest if layout == "rows" else total)
    dims = ("obs",) if layout != "rows" else ("obs", "drifter") if turned else ("drifter", "obs")
    if shuffle is not None:
        flat = [flat[k] for k in shuffle]
    for k, (variable, attributes) in enumerate({"t": time, "a": lon, "b": lat}.items()):
        if attributes is None:
            continue
        v = f.createVariable(variable, types, dims, fill_value=-1e30 if layout == "rows" else None)
        v.setncatts(attributes)
        if layout == "rows":
            values = np.full((n, longest), -1e30)
            for i, t in enumerate(tracks):
                for j, o in enumerate(t):
                    values[i, j] = o[k]
            v[:] = values.T if turned else values
        else:
            v[:] = [o[k + 1] for o in flat]
    if layout == "contiguous":
        f.createVariable("size", "i4", ("drifter",))[:] = [len(t) for t in tracks]
        f["size"].sample_dimension = "obs"
    if layout == "indexed":
        f.createVariable("which", "i4", ("obs",))[:] = [o[0] for o in flat]
        f["which"].instance_dimension = "drifter"
    if edit:
        edit(f)
    f.close()


def deployment(f):
    for name, units in [("start_lon", "degrees_east"), ("start_lat", "degrees_north"), ("start_time", "days since 2000-01-01")]:
        f.createVariable(name, "f8", ("drifter",))[:] = np.arange(f.dimensions["drifter"].size)
        f[name].units = units


for layout in ["rows", "contiguous", "indexed"]:
    trajectories(f"{layout}.nc", tracks, layout, edit=deployment)
    expect(f"{layout}.nc", padded(tracks), reported="padded to 3")
    if layout != "rows":
        trajectories(f"{layout}_alone.nc", tracks, layout, role=False)  # no variable has the dimension of trajectories, or only sizes
        expect(f"{layout}_alone.nc", padded(tracks))
trajectories("turned.nc", tracks, "rows", turned=True)  # square, (obs, trajectory)
expect("turned.nc", padded(tracks))
trajectories("turned_by_time.nc", tracks, "rows", role=False, turned=True)
expect("turned_by_time.nc", padded(tracks), reported="counted along 'obs', as time says")
trajectories("mixed.nc", tracks, "indexed", shuffle=[5, 3, 2, 0, 4, 1])
expect("mixed.nc", padded(tracks), reported="2 trajectories were out of the order of time: sorted")
trajectories("reversed.nc", [t[::-1] for t in tracks], "contiguous")
expect("reversed.nc", padded(tracks), reported="2 trajectories were out of the order of time: sorted")
equal = [[(0.0, 1.0, 2.0), (1.0, 3.0, 5.0)], [(0.0, 4.0, 4.5), (1.0, 6.0, 7.0)]]
trajectories("equal.nc", equal, "rows", types="f4")
expect("equal.nc", padded(equal, 2).astype("f4"))
expect("equal.nc:a", padded(equal, 2).astype("f4")[:, :, 0])
trajectories("equal_turned.nc", equal, "rows", turned=True, types="f4")
expect("equal_turned.nc", padded(equal, 2).astype("f4"))
expect("equal_turned.nc:a", padded(equal, 2).astype("f4")[:, :, 0], reported="cf_role")
date_line = [[(0.0, 179.0, 0.0), (1.0, -179.0, 0.5), (2.0, -170.0, 0.0), (3.0, 175.0, 0.0)], [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (2.0, 0.0, 1.0), (3.0, 2.0, 1.0)]]
trajectories("date_line.nc", date_line, "contiguous")
unwrapped = padded(date_line, 2)
unwrapped[:, :, 0] = np.unwrap(unwrapped[:, :, 0], period=360)
expect("date_line.nc", unwrapped, reported="1 trajectories jump over the date line")
metres = dict(axis="X", units="m")
trajectories("plane.nc", date_line, "contiguous", lon=metres, lat=dict(axis="Y", units="m"))
expect("plane.nc", padded(date_line, 2))
trajectories("no_time.nc", equal, "rows", time=None)
expect("no_time.nc", padded(equal, 2), reported="no variable is the time")


def common(f):  # one time for all (orthogonal layout)
    f.createVariable("obs", "f8", ("obs",))[:] = np.arange(f.dimensions["obs"].size)
    f["obs"].setncatts(dict(standard_name="time", units="s since 2000-01-01"))


trajectories("orthogonal.nc", equal, "rows", time=None, role=False, turned=True, edit=common)
expect("orthogonal.nc", padded(equal, 2), reported="as time says")
trajectories("orthogonal_role.nc", tracks, "rows", time=None, edit=common)
expect("orthogonal_role.nc", padded(tracks))
single = [tracks[0]]
trajectories("single.nc", single, "contiguous", role=False, edit=lambda f: f["size"].delncattr("sample_dimension") or f.renameVariable("size", "depth") or f["depth"].setncattr("units", "m"))
expect("single.nc", failure="'depth' seems to count the observations")
trajectories("alone.nc", single, "none", role=False)
expect("alone.nc", padded(single, 2))



def beside(f):  # the number of the trajectory beside each observation, as Parcels wrote it
    f.createVariable("number", "i8", f["a"].dimensions)[:] = np.tile(np.arange(3)[:, None] + 5, (1, 3)).T
    f["number"].cf_role = "trajectory_id"


trajectories("beside.nc", tracks, "rows", role=False, turned=True, edit=beside, format="NETCDF3_64BIT_DATA")
expect("beside.nc", padded(tracks))

# Missing observations


def hole(f):
    f["b"][0, 1] = -1e30


trajectories("hole.nc", tracks, "rows", edit=hole)
expect("hole.nc", failure="hole.nc (trajectory 0): the position of observation 1 is missing: (2.0, nan)")
expect("hole.nc", padded(tracks), "drop", missingRows=[0], reported="1 samples")
cases[-1]["shape"] = [3, 2, 3]
cases[-1]["values"] = [float(x) for x in padded([[], *tracks[1:]]).ravel()]
masked = padded(tracks)
masked[0, 1] = 0
expect("hole.nc", masked, "mask")
expect("hole.nc", failure="no common mean", missing="mean")
trajectories("nobody.nc", [tracks[0], [], tracks[2]], "contiguous")
expect("nobody.nc", failure="nobody.nc (trajectory 1): there is no observation")
trajectories("timeless.nc", tracks, "rows", edit=lambda f: f["t"].__setitem__((0, 1), -1e30))
expect("timeless.nc", failure="timeless.nc (trajectory 0): the time of observation 1 is missing")
trajectories("packed.nc", equal, "rows", types="f8", edit=lambda f: f["a"].setncattr("valid_max", 5.0))
expect("packed.nc", failure="packed.nc (trajectory 1): the position of observation 1 is missing")

# Refused by name


def written(f):
    f.createDimension("letters", 4)
    v = f.createVariable("when", "S1", ("drifter", "obs", "letters"))
    v.standard_name = "time"
    v[:] = np.full((2, 2, 4), b"1")


def same(f):
    beside(f)
    f["number"][:] = 5


refused = {
    "unclear.nc": (dict(tracks=equal, layout="rows", role=False, time=None), "nothing says which of 'drifter' and 'obs' counts trajectories"),
    "no_sizes.nc": (dict(tracks=tracks, layout="contiguous", edit=lambda f: f["size"].delncattr("sample_dimension")), "mark the variable that counts the observations of each with sample_dimension"),
    "no_x.nc": (dict(tracks=equal, layout="rows", lon=dict(long_name="lon")), "no variable along 'drifter' and one more dimension is the x coordinate"),
    "no_units.nc": (dict(tracks=equal, layout="rows", lon=dict(standard_name="longitude")), "'a' is longitude in no units"),
    "two_x.nc": (dict(tracks=equal, layout="rows", lat=dict(units="degrees_east")), "more than one variable is the x coordinate of trajectories: a, b"),
    "two_times.nc": (dict(tracks=equal, layout="rows", edit=lambda f: f.createVariable("u", "f8", ("drifter", "obs")).setncattr("units", "s since 2000-01-01")), "more than one variable is the t coordinate"),
    "same_time.nc": (dict(tracks=[[(0.0, 1.0, 1.0), (0.0, 2.0, 2.0)]] * 2, layout="contiguous"), "observations 0 and 1 are both of the time 0.0"),
    "bad_sizes.nc": (dict(tracks=tracks, layout="contiguous", edit=lambda f: f["size"].__setitem__(0, 4)), "do not add up to the 6 observations"),
    "bad_index.nc": (dict(tracks=tracks, layout="indexed", edit=lambda f: f["which"].__setitem__(2, 3)), "bad_index.nc (observation 2): 'which' names the trajectory 3 of 3"),
    "no_dimension.nc": (dict(tracks=tracks, layout="contiguous", edit=lambda f: f["size"].setncattr("sample_dimension", "obz")), "names 'obz', which is not a dimension"),
    "both.nc": (dict(tracks=tracks, layout="contiguous", edit=lambda f: f["id"].setncattr("instance_dimension", "drifter")), "more than one variable says which observations belong together: size, id"),
    "one_number.nc": (dict(tracks=tracks, layout="rows", role=False, edit=same, format="NETCDF3_64BIT_DATA"), "'number' does not tell which of 'drifter' and 'obs' counts trajectories"),
    "text_time.nc": (dict(tracks=equal, layout="rows", time=None, edit=written), "'when', the time of observations, is text"),
    "two_roles.nc": (dict(tracks=equal, layout="rows", edit=lambda f: f.createVariable("z", "i4", ("drifter",)).setncattr("cf_role", "trajectory_id")), "more than one variable has cf_role = trajectory_id: id, z"),
}
for name, (arguments, failure) in refused.items():
    trajectories(name, **arguments)
    expect(name, failure=failure)
