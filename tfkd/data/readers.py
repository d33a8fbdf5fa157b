"""What a source looks like to `ExampleGen`, whatever its kind."""

import dataclasses
import importlib

from tfkd.errors import InputError

_READERS = {
    "tfds": "tfkd.data.tfds_reader.TfdsReader",
    "image_folder": "tfkd.data.image_folder.ImageFolderReader",
    "tfrecord": "tfkd.data.tfrecord_reader.TFRecordReader",
}


@dataclasses.dataclass
class Rows:
    """A source's examples of one split without their pixels.

    Attributes:
        keys: Name of each example within the source, stable.
        labels: Class of each example (int).
        digests: Hash of each example's encoded image: equal for copies.
    """

    keys: list
    labels: list
    digests: list


class Reader:
    """Base of the readers; made anew by every worker.

    Attributes:
        source: The `source` parameter of `ExampleGen`, checked.
        work_dir: Directory for prepared data.
        name: Name of the data set, part of every example id.
    """

    def __init__(self, source, work_dir):
        self.source = source
        self.work_dir = work_dir
        self.name = source.get("name") or source["kind"]

    def check(self):
        """Raises `InputError` if this cannot be a data set by itself.

        A part of one, such as a span, may lack what the whole must have.
        """

    def describe(self):
        """Returns image_shape, image_dtype, value_range, class_names, notes.

        `value_range` may be `None`: the range that the train split has.
        """
        raise NotImplementedError

    def splits(self):
        """Returns the splits that the source itself has."""
        raise NotImplementedError

    def rows(self, split):
        """Returns the `Rows` of a split, always in the same order."""
        raise NotImplementedError

    def images(self, split, positions):
        """Yields (digest, image) at ascending positions in `rows`.

        The digest is that of `Rows`, of what was read now; the image is
        (h, w, c). Where the data have become fewer, it ends early.
        """
        raise NotImplementedError


def changed(key):
    """Returns the `InputError` for data that others write to meanwhile."""
    return InputError(
        "The data must stay as they are while they are read, and "
        f"{key!r} or what is beside it was changed, added or removed in the "
        "meantime. Run this again when nothing writes to them, or on a copy."
    )


def open_reader(source, work_dir):
    """Returns the reader of a checked source."""
    module, _, name = _READERS[source["kind"]].rpartition(".")
    return getattr(importlib.import_module(module), name)(source, work_dir)
