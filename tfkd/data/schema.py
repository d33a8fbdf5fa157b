"""The schema of examples: inferred from statistics of the train split."""

import os

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfkd.data import statistics
from tfkd.errors import InputError

FILE = "schema.pbtxt"


def infer(stats):
    """Infers the schema from a split's `DatasetFeatureStatistics`.

    The image is described decoded: a fixed shape (height, width, channels)
    and the range of its pixels, declared and observed.
    """
    schema = schema_pb2.Schema()
    image, numbers = statistics.feature(stats, "image")
    low = min(numbers["range_low"], image.num_stats.min)
    high = max(numbers["range_high"], image.num_stats.max)
    feature = _add(schema, "image", "decoded from its raw bytes")
    for name in ("height", "width", "channels"):
        feature.shape.dim.add(name=name, size=int(numbers[name]))
    if image.type == image.INT:
        feature.type = schema_pb2.INT
        feature.int_domain.name = "pixel"
        feature.int_domain.min, feature.int_domain.max = int(low), int(high)
    else:
        feature.type = schema_pb2.FLOAT
        domain = feature.float_domain
        domain.name, domain.min, domain.max = "pixel", low, high
        domain.disallow_nan = domain.disallow_inf = True
    feature = _add(schema, "label", "class of the image")
    feature.type = schema_pb2.INT
    feature.shape.SetInParent()
    feature.int_domain.name = "label"
    feature.int_domain.min = 0
    feature.int_domain.max = len(statistics.class_counts(stats)) - 1
    feature.int_domain.is_categorical = True
    feature = _add(schema, "example_id", "unique and stable")
    feature.type = schema_pb2.BYTES
    feature.shape.SetInParent()
    return schema


def _add(schema, name, comment):
    feature = schema.feature.add(name=name)
    feature.presence.min_fraction = 1.0
    feature.presence.min_count = 1
    feature.annotation.comment.append(comment)
    return feature


def write(uri, schema):
    """Writes `schema.pbtxt`."""
    with open(os.path.join(uri, FILE), "w") as file:
        file.write(text_format.MessageToString(schema))


def read(uri):
    """Reads `schema.pbtxt`.

    Raises:
        InputError: If it is missing or not a `Schema`.
    """
    path = os.path.join(uri, FILE)
    try:
        with open(path) as file:
            return text_format.Parse(file.read(), schema_pb2.Schema())
    except (OSError, text_format.ParseError) as error:
        raise InputError(
            f"{path} must be a Schema in text format; reading it gave: "
            f"{error}. Run SchemaGen again."
        ) from None


def feature(schema, name):
    """Returns a feature of a schema by name."""
    for found in schema.feature:
        if found.name == name:
            return found
    raise InputError(f"The schema must have the feature {name!r}.")


def image_domain(schema):
    """Returns shape (h, w, c), dtype name, and range (low, high) of pixels."""
    image = feature(schema, "image")
    shape = tuple(dim.size for dim in image.shape.dim)
    if image.type == schema_pb2.INT:
        return shape, "uint8", (image.int_domain.min, image.int_domain.max)
    return shape, "float32", (image.float_domain.min, image.float_domain.max)
