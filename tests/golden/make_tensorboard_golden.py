"""Writes tests/io/data/tensorboard.json: records of an event file as TensorBoard's own writer makes them, in hex.

Needs the package tensorboard. Usage: python tests/golden/make_tensorboard_golden.py
"""

import io
import json
import pathlib

import google.protobuf
import tensorboard
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def record(event):
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString())
    return file.getvalue().hex()


scalars = Summary(value=[Summary.Value(tag="reward", simple_value=0.1), Summary.Value(tag="kl", simple_value=-3)])
golden = {
    "made_with": {"tensorboard": tensorboard.__version__, "protobuf": google.protobuf.__version__},
    "version": record(Event(wall_time=1700000000.25, file_version="brain.Event:2")),
    "scalars": record(Event(wall_time=1700000001.5, step=300, summary=scalars)),
    "restart": record(Event(wall_time=1700000002, step=41, session_log=SessionLog(status=SessionLog.START))),
}
path = pathlib.Path(__file__).resolve().parents[1] / "io" / "data" / "tensorboard.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(golden, indent=1) + "\n")
print(path, golden["made_with"])
