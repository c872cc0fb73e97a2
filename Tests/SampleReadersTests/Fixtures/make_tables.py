"""Writes the tables that TableTests reads, by pandas and pyarrow.

    pip install pandas pyarrow && python make_tables.py
"""
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
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


def stream(table, path):
    with ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


stream(arrow, "typed.arrows")
# Types that others write: polars views and large lists, databases large strings, dictionaries of any of them.
kinds = ["cat", "dog", "cat", "a dog of more than twelve letters"]
lists = [[i, i + 0.5] for i in range(4)]
kinds_of_types = pa.table({
    "view": pa.array(kinds, pa.string_view()), "large": pa.array(kinds, pa.large_string()),
    "coded_view": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 2], pa.int8()),
                                                 pa.array(["cat", "dog", kinds[3]], pa.string_view())),
    "coded_large": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 2], pa.uint16()),
                                                  pa.array(["cat", "dog", kinds[3]], pa.large_string())),
    "coded_number": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 2]), pa.array([0.5, 1.5, 2.5])),
    "large_list": pa.array(lists, pa.large_list(pa.float32())),
    "list_view": pa.array(lists, pa.list_view(pa.float64())),
    "large_list_view": pa.array(lists, pa.large_list_view(pa.float16())),
    "bytes": pa.array([[0, 1, 2, 255]] * 4, pa.list_(pa.uint8(), 4)),
})
stream(kinds_of_types, "kinds.arrow")
feather.write_feather(kinds_of_types, "kinds.feather", compression="uncompressed")
# Identifiers beyond what float64 tells apart.
first = [2**53, 2**53 + 1, 2**53, 2**53 + 1]
ids = pa.table({
    "int64": pa.array(first, pa.int64()), "uint64": pa.array([i + 2**63 for i in first], pa.uint64()),
    "coded": pa.array(first, pa.int64()).dictionary_encode(), "float": pa.array([0.5, 1.5, 0.5, 1.5]),
    "text": pa.array(["a", "b", "a", "b"], pa.large_string()), "t": pa.array([1, 1, 0, 0]),
    "x": pa.array([1.0, 2.0, 3.0, 4.0]),
})
pq.write_table(ids, "ids.parquet")
ids.to_pandas().to_csv("ids.csv", index=False)
# Paths of the images that make_arrays.py writes.
photos = pd.DataFrame({"photo": [f"arrays/images/{name}" for name in ["2.png", "11.jpg", "1.png", "2.png"]],
                       "gap": ["arrays/images/2.png", None, "arrays/images/1.png", "arrays/images/2.png"],
                       "kind": ["cat", "dog", "cat", "dog"]})
photos.to_csv("photos.csv", index=False)
photos.astype("category").to_parquet("photos.parquet")
# Parcels' layout: a row an observation, here out of order.
pq.write_table(pa.table({
    "trajectory": pa.array([7, 5, 7, 5, 5], pa.int64()),
    "time": pa.array(np.array([1, 0, 0, 2, 1], "datetime64[s]")),
    "lon": [11.0, 20.0, 10.0, 22.0, 21.0], "lat": [1.0, 0.0, 0.0, 2.0, 1.0],
}), "tracks.parquet")
