"""Writes events.tfevents with TensorBoard's own classes: python3 make_events.py (pip install tensorboard)."""

import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

# As EventFileTests has them.
SCALARS = [
    (0, 0.0, [("loss/training", 0.0)]),
    (1, 1.5, [("loss/training", -2.25), ("loss/validation", float("inf"))]),
    (300, 1700000000.125, [("recall@10/v", 0.1), ("temperature τ", float("-inf"))]),
    (1 << 40, 1700000001.0, []),
]

with open(pathlib.Path(__file__).with_name("events.tfevents"), "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=1700000000.0, file_version="brain.Event:2").SerializeToString())
    for step, time, values in SCALARS:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values])
        writer.write(Event(wall_time=time, step=step, summary=summary).SerializeToString())
    writer.flush()
