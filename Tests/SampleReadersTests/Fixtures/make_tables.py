"""Writes the tables that TableTests reads, by pandas and pyarrow.

    pip install pandas pyarrow && python make_tables.py
"""
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

os.chdir(os.path.dirname(os.path.abspath(__file__)))
table = pd.DataFrame({
    "x1": [0.5, 1.5, 2.5, 3.5], "x2": [1, 2, 3, 4], "kind": ["cat", "dog", "cat", "dog"],
    "flag": [True, False, True, False],
})
table.to_csv("plain.csv", index=False)
table.to_csv("plain.tsv", index=False, sep="\t")
table.to_csv("plain.csv.gz", index=False, compression={"method": "gzip", "mtime": 1})
arrow = pa.table({
    **{name: pa.array(table[name]) for name in table},
    "coded": pa.array(["b", "a", "b", "a"]).dictionary_encode(),
    "f32": pa.array([0.1, 0.2, 0.3, 0.4], pa.float32()),
    "fixed": pa.array([[i, i + 0.5] for i in range(4)], pa.list_(pa.float32(), 2)),
    "lists": pa.array([[i, 2 * i, 3 * i] for i in range(4)], pa.list_(pa.int64())),
    "ragged": pa.array([[1.0], [1.0, 2.0], [1.0], [1.0]]),
    "gap": pa.array([1.0, None, 3.0, 5.0]),
    "day": pa.array(pd.to_datetime(["2020-01-01"] * 4)),
    "money": pa.array([1, 2, 3, 4], pa.decimal128(5, 2)),
})
pq.write_table(arrow, "typed.parquet", row_group_size=3)
feather.write_feather(arrow, "typed.feather", chunksize=3)
# Parcels' layout: a row an observation, here out of order.
pq.write_table(pa.table({
    "trajectory": pa.array([7, 5, 7, 5, 5], pa.int64()),
    "time": pa.array(np.array([1, 0, 0, 2, 1], "datetime64[s]")),
    "lon": [11.0, 20.0, 10.0, 22.0, 21.0], "lat": [1.0, 0.0, 0.0, 2.0, 1.0],
}), "tracks.parquet")
