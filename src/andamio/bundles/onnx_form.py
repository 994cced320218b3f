"""The part of the ONNX format that Andamio looks at, as protobuf messages made from field numbers.

The base install has protobuf but not the ``onnx`` package. Fields that are not listed are kept as they
are when a message is read and written again. The numbers are those of ``onnx.proto`` (ONNX, IR version 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from andamio.bundles.refusal import Suspicious
from andamio.errors import text

_PACKAGE = "andamio.onnx"
_Field = descriptor_pb2.FieldDescriptorProto
_ONE, _MANY = _Field.LABEL_OPTIONAL, _Field.LABEL_REPEATED
_INT32, _INT64, _FLOAT, _DOUBLE = _Field.TYPE_INT32, _Field.TYPE_INT64, _Field.TYPE_FLOAT, _Field.TYPE_DOUBLE
_TEXT, _BYTES = _Field.TYPE_STRING, _Field.TYPE_BYTES

# The fields of each message: number, how many, and a scalar type or the name of a message.
_MESSAGES: Mapping[str, Mapping[str, tuple[int, int, int | str]]] = {
    "Opset": {"domain": (1, _ONE, _TEXT), "version": (2, _ONE, _INT64)},
    "Pair": {"key": (1, _ONE, _TEXT), "value": (2, _ONE, _TEXT)},
    "Tensor": {
        "dims": (1, _MANY, _INT64),
        "data_type": (2, _ONE, _INT32),
        "float_data": (4, _MANY, _FLOAT),
        "name": (8, _ONE, _TEXT),
        "raw_data": (9, _ONE, _BYTES),
        "double_data": (10, _MANY, _DOUBLE),
        "external_data": (13, _MANY, "Pair"),
        "data_location": (14, _ONE, _INT32),
    },
    "SparseTensor": {"values": (1, _ONE, "Tensor"), "indices": (2, _ONE, "Tensor")},
    "Attribute": {
        "name": (1, _ONE, _TEXT),
        "f": (2, _ONE, _FLOAT),
        "i": (3, _ONE, _INT64),
        "s": (4, _ONE, _BYTES),
        "t": (5, _ONE, "Tensor"),
        "g": (6, _ONE, "Graph"),
        "floats": (7, _MANY, _FLOAT),
        "ints": (8, _MANY, _INT64),
        "strings": (9, _MANY, _BYTES),
        "tensors": (10, _MANY, "Tensor"),
        "graphs": (11, _MANY, "Graph"),
        "sparse_tensor": (22, _ONE, "SparseTensor"),
        "sparse_tensors": (23, _MANY, "SparseTensor"),
    },
    "Node": {
        "input": (1, _MANY, _TEXT),
        "output": (2, _MANY, _TEXT),
        "name": (3, _ONE, _TEXT),
        "op_type": (4, _ONE, _TEXT),
        "attribute": (5, _MANY, "Attribute"),
        "domain": (7, _ONE, _TEXT),
    },
    "Value": {"name": (1, _ONE, _TEXT)},
    "Graph": {
        "node": (1, _MANY, "Node"),
        "name": (2, _ONE, _TEXT),
        "initializer": (5, _MANY, "Tensor"),
        "input": (11, _MANY, "Value"),
        "output": (12, _MANY, "Value"),
        "sparse_initializer": (15, _MANY, "SparseTensor"),
    },
    "Function": {
        "name": (1, _ONE, _TEXT),
        "node": (7, _MANY, "Node"),
        "opset_import": (9, _MANY, "Opset"),
        "domain": (10, _ONE, _TEXT),
        "attribute_proto": (11, _MANY, "Attribute"),
    },
    "Training": {"initialization": (1, _ONE, "Graph"), "algorithm": (2, _ONE, "Graph")},
    "Model": {
        "ir_version": (1, _ONE, _INT64),
        "domain": (4, _ONE, _TEXT),
        "graph": (7, _ONE, "Graph"),
        "opset_import": (8, _MANY, "Opset"),
        "metadata_props": (14, _MANY, "Pair"),
        "training_info": (20, _MANY, "Training"),
        "functions": (25, _MANY, "Function"),
    },
}


def _build() -> type:
    file = descriptor_pb2.FileDescriptorProto(name="andamio/onnx.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, label, kind) in fields.items():
            added = message.field.add(name=field, number=number, label=label)
            if isinstance(kind, str):
                added.type, added.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                added.type = kind
            if label == _MANY and kind in {_INT64, _FLOAT, _DOUBLE} and name == "Tensor":
                added.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{_PACKAGE}.Model")
    return cast("type", message_factory.GetMessageClass(found))


_MODEL: Any = _build()


def read_model(content: bytes) -> Any:
    """Read an ONNX model.

    Returns:
        A protobuf message with the fields above.

    Raises:
        Suspicious: The bytes are no ONNX model.
    """
    try:
        return _MODEL.FromString(content)
    except DecodeError as error:
        raise Suspicious(text("it is not an ONNX model")) from error
