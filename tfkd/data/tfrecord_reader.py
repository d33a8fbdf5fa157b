"""Reads a user's own TFRecord files of `tf.Example`."""

import hashlib
import os

import numpy as np
import tensorflow as tf

from tfkd.data import image_folder
from tfkd.data import readers
from tfkd.data import records
from tfkd.data import source as source_lib
from tfkd.errors import InputError

_BYTES = {"raw_uint8": np.dtype("u1"), "raw_float32": np.dtype("<f4")}


class TFRecordReader(readers.Reader):
    """Reader of plain or gzipped TFRecord files."""

    def __init__(self, source, work_dir):
        super().__init__(source, work_dir)
        self._files = source_lib.tfrecord_files(source)
        self._shape = tuple(source["image_shape"])
        self._features = dict(source["features"])
        self._encoding = source["image_encoding"]
        self._names = source.get("class_names")

    def describe(self):
        is_float = self._encoding in ("raw_float32", "float_list")
        names = self._names
        if names is None:
            labels = self.rows("train").labels
            largest = max([0, *labels])
            if largest >= max(len(labels), 1):
                raise InputError(
                    "Labels must be class numbers from 0 on, and a class must "
                    f"have examples; among {len(labels)} examples the largest "
                    f"label is {largest}. Correct source.features, or number "
                    "the classes anew."
                )
            names = [str(i) for i in range(largest + 1)]
        return {
            "image_shape": list(self._shape),
            "image_dtype": "float32" if is_float else "uint8",
            "value_range": self.source.get("value_range")
            or (None if is_float else (0, 255)),
            "class_names": list(names),
            "notes": "TFRecord files",
        }

    def splits(self):
        return list(self._files)

    def _records(self, split):
        """Yields (file, record number, `tf.train.Example`)."""
        for path in self._files[split]:
            compression = _compression(path)
            records_ = tf.data.TFRecordDataset(path, compression)
            try:
                for number, data in enumerate(records_.as_numpy_iterator()):
                    yield path, number, _parse(data, path, number)
            except tf.errors.OpError as error:
                raise InputError(
                    records.damage(path, compression, error)
                ) from None

    def rows(self, split):
        rows = readers.Rows([], [], [])
        names = _unique_names(self._files)
        for path, number, example in self._records(split):
            where = f"record {number} of {path}"
            key = f"{names[path]}#{number}"
            if self._features.get("id"):
                key = _id(_feature(example, self._features["id"], where))
            label = _feature(example, self._features["label"], where)
            if len(label.int64_list.value) != 1:
                raise InputError(
                    f"The label {self._features['label']!r} must be one int64, "
                    f"{where} has {_kind(label)}. Write one class number."
                )
            rows.keys.append(key)
            rows.labels.append(int(label.int64_list.value[0]))
            rows.digests.append(_digest(self._stored(example, where)))
        return rows

    def images(self, split, positions):
        wanted = set(positions)
        for row, (path, number, example) in enumerate(self._records(split)):
            if row in wanted:
                where = f"record {number} of {path}"
                stored = self._stored(example, where)
                yield _digest(stored), self._decoded(stored, where)

    def _stored(self, example, where):
        """Returns an image as it is stored: encoded bytes, or its array."""
        feature = _feature(example, self._features["image"], where)
        if self._encoding == "float_list":
            values = np.array(feature.float_list.value, np.float32)
            return self._reshaped(values, feature, where)
        data = feature.bytes_list.value
        if len(data) != 1:
            raise InputError(
                f"The image {self._features['image']!r} must be one bytes "
                f"value for image_encoding {self._encoding!r}, {where} has "
                f"{_kind(feature)}."
            )
        if self._encoding == "encoded":
            return data[0]
        dtype = _BYTES[self._encoding]
        size = int(np.prod(self._shape)) * dtype.itemsize
        if len(data[0]) != size:
            raise InputError(
                f"The image of {where} must have {size} bytes for "
                f"{self._encoding} of shape {self._shape}, it has "
                f"{len(data[0])}. Correct source.image_shape or the file."
            )
        return np.frombuffer(data[0], dtype).reshape(self._shape)

    def _decoded(self, stored, where):
        if self._encoding != "encoded":
            return stored
        image = image_folder.decode_image(stored, self._shape[2], where)
        return self._reshaped(image.reshape(-1), image.shape, where)

    def _reshaped(self, values, found, where):
        matches = values.size == np.prod(self._shape)
        if isinstance(found, tuple):
            matches = found == self._shape
        else:
            found = _kind(found)
        if not matches:
            raise InputError(
                f"The image of {where} must have the shape {self._shape}, it "
                f"has {found}. Correct source.image_shape or the file."
            )
        return values.reshape(self._shape)


def _digest(stored):
    return hashlib.sha256(stored).hexdigest()


def _compression(path):
    with open(path, "rb") as file:
        # With the method: a record's length may begin with the first two.
        return "GZIP" if file.read(3) == b"\x1f\x8b\x08" else ""


def _parse(data, path, number):
    try:
        return tf.train.Example.FromString(data)
    except Exception as error:
        # protobuf's DecodeError has no public base of its own.
        raise InputError(
            f"Record {number} of {path} must be a tf.Example, it cannot be "
            f"parsed: {error}."
        ) from None


def _feature(example, name, where):
    features = example.features.feature
    if name not in features:
        raise InputError(
            f"Every record must have the feature {name!r}, {where} has "
            f"{sorted(features)}. Correct source.features."
        )
    return features[name]


def _kind(feature):
    kind = feature.WhichOneof("kind")
    if kind is None:
        return "nothing"
    return f"{len(getattr(feature, kind).value)} values in its {kind}"


def _id(feature):
    values = feature.bytes_list.value or feature.int64_list.value
    if len(values) != 1:
        raise InputError(
            "The id feature must hold one bytes or int64 value, received "
            f"{_kind(feature)}."
        )
    value = values[0]
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError:
        raise InputError(
            f"The id feature must be text in UTF-8, received {value[:40]!r}. "
            "Write a text or a number, or leave source.features.id out."
        ) from None


def _unique_names(files):
    """Maps paths to names that survive moving the folder above them."""
    paths = sorted({path for found in files.values() for path in found})
    root = source_lib.common_folder(paths)
    return {path: os.path.relpath(path, root) for path in paths}
