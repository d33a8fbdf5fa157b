"""Reads data sets of tensorflow-datasets: our builders and all others."""

import contextlib
import hashlib
import io

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfkd import errors
from tfkd.data import readers
from tfkd.data import source as source_lib
from tfkd.errors import InputError

# Names under which builders keep what we call the eval split.
EVAL_NAMES = ("eval", "validation", "val")
BATCH = 512


class TfdsReader(readers.Reader):
    """Reader of any builder that has one image and one class an example."""

    def __init__(self, source, work_dir):
        super().__init__(source, work_dir)
        tfds.disable_progress_bar()
        self._builder = _builder(source, work_dir)
        _prepare(self._builder, source)
        self._image, self._label = _keys(self._builder)
        features = self._builder.info.features
        scalar = "id" in features and features["id"].shape == ()
        self._id = "id" if scalar else "tfds_id"
        self._names = {}
        for name in self._builder.info.splits:
            split = "eval" if name in EVAL_NAMES else name
            if split in source_lib.SPLITS and split not in self._names:
                self._names[split] = name
        if "train" not in self._names:
            raise InputError(
                f"The builder {self.name!r} must have a 'train' split, it has "
                f"{list(self._builder.info.splits)}."
            )

    def describe(self):
        info = self._builder.info
        shape = info.features[self._image].shape
        size = self.source.get("image_size") or shape[:2]
        if shape[2] is None:
            raise InputError(
                f"Images of {self.name!r} must have one number of channels, "
                f"its builder says {shape}. Take another data set, or copy "
                "the images into a folder a class and use an image_folder."
            )
        if None in size:
            raise InputError(
                f"Images of {self.name!r} differ in size {shape}; set "
                "source.image_size to [height, width]."
            )
        dtype = np.dtype(info.features[self._image].np_dtype).name
        return {
            "image_shape": [*map(int, size), int(shape[2])],
            "image_dtype": "uint8" if dtype == "uint8" else "float32",
            "value_range": getattr(
                self._builder,
                "VALUE_RANGE",
                (0, 255) if dtype == "uint8" else None,
            ),
            "class_names": self._class_names(),
            "notes": f"tensorflow-datasets {info.full_name}",
        }

    def _class_names(self):
        names = self._builder.info.features[self._label].names
        given = list(self.source.get("class_names") or names)
        if len(given) != len(names):
            raise InputError(
                f"source.class_names must have {len(names)} names for "
                f"{self.name!r}, received {len(given)}."
            )
        return given

    def splits(self):
        return list(self._names)

    def _dataset(self, instruction):
        # Encoded images: rows need no pixels, and images decode only theirs.
        # One file after the other: interleaved, a slice of a split in several
        # files would not be at the positions that it has in all of it.
        return self._builder.as_dataset(
            split=instruction,
            shuffle_files=False,
            decoders={self._image: tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(
                add_tfds_id=True,
                try_autocache=False,
                interleave_cycle_length=1,
            ),
        )

    def _batches(self, dataset):
        try:
            yield from dataset.batch(BATCH).as_numpy_iterator()
        except tf.errors.OpError as error:
            reason = error.message.rpartition("}} ")[2].split(" [Op:")[0]
            raise InputError(
                f"The prepared files in {self._builder.data_path} must be "
                f"whole; reading them gave: {reason}. Remove this folder and "
                "prepare the data set again."
            ) from None

    def rows(self, split):
        rows = readers.Rows([], [], [])
        name = self._names[split]
        ids = {"id": [], "tfds_id": []}
        for batch in self._batches(self._dataset(name)):
            for key in {self._id, "tfds_id"}:
                ids[key] += batch[key].tolist()
            rows.labels += batch[self._label].tolist()
            rows.digests += map(_digest, batch[self._image])
        found = ids[self._id]
        if len(set(found)) < len(found):
            # Without ids of its own, an example is its place in the files.
            found = ids["tfds_id"]
        keys = (id.decode() if type(id) is bytes else id for id in found)
        rows.keys = [f"{name}/{key}" for key in keys]
        return rows

    def images(self, split, positions):
        if not positions:
            return
        start, stop = positions[0], positions[-1] + 1
        wanted = np.zeros(stop - start, bool)
        wanted[np.asarray(positions) - start] = True
        feature = self._builder.info.features[self._image]
        records = self._dataset(f"{self._names[split]}[{start}:{stop}]")
        chosen = tf.data.Dataset.zip(
            records, tf.data.Dataset.from_tensor_slices(wanted)
        ).filter(lambda _, keep: keep)
        size = self.describe()["image_shape"][:2]
        decoded = chosen.map(
            lambda record, _: (
                record[self._image],
                resize(feature.decode_example(record[self._image]), size),
            ),
            num_parallel_calls=2,
        )
        for encoded, images in self._batches(decoded):
            yield from zip(map(_digest, encoded), images)


def _digest(encoded):
    return hashlib.sha256(encoded).hexdigest()


def resize(image, size):
    """Resizes a tensor (height, width, channels) to `size`, if needed."""
    if image.shape[:2] == tuple(size):
        return image
    resized = tf.image.resize(image, size, antialias=True)
    if image.dtype == tf.uint8:
        resized = tf.clip_by_value(tf.round(resized), 0, 255)
    return tf.cast(resized, image.dtype)


def _builder(source, work_dir):
    name, data_dir = source["name"], source.get("data_dir")
    if name == "digits":
        from tfkd.data import digits

        return digits.Digits(data_dir=data_dir or work_dir)
    if name == "fashion_mnist":
        folder = source_lib.fashion_mnist_folder(source)
        if folder:
            from tfkd.data import fashion_mnist

            return fashion_mnist.FashionMnist(
                path=folder, data_dir=data_dir or work_dir
            )
    try:
        return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except tfds.core.registered.DatasetNotFoundError:
        raise errors.unknown(
            "tensorflow-datasets builder",
            name,
            tfds.list_builders(),
            "All of them: tfds.list_builders().",
        ) from None
    except (ValueError, AssertionError) as error:
        # Its parser, and its builders where a config or version is unknown.
        raise InputError(
            "source.name must be NAME, NAME/CONFIG, NAME:VERSION or "
            "NAME/CONFIG:VERSION of a data set of tensorflow-datasets, "
            f"received {name!r}: {error}"
        ) from None


def _prepare(builder, source):
    own = type(builder).__module__.startswith("tfkd.")
    # `download=True` for a builder of the network would retry for minutes.
    if own:
        # It prints "Downloading ...", which is not true of ours.
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
    elif source.get("download"):
        builder.download_and_prepare()
    elif not builder.data_path.exists():
        raise InputError(
            f"The data set {builder.info.full_name} must be prepared in "
            f"{builder.data_path}, which does not exist. Prepare it where "
            f"there is a network (tfds.load({source['name']!r})) and set "
            "source.data_dir, or allow it with source.download=True."
        )
    if builder.info.file_format is tfds.core.FileFormat.ARRAY_RECORD:
        raise InputError(
            f"The data set in {builder.data_path} must be prepared as "
            "TFRecord files, it is of array_record, which has no reader here. "
            "Prepare it with file_format='tfrecord' in another data_dir."
        )


def _keys(builder):
    keys = builder.info.supervised_keys
    features = builder.info.features
    kinds = (tfds.features.Image, tfds.features.ClassLabel)
    good = (
        keys is not None
        and len(keys) == 2
        and all(isinstance(key, str) for key in keys)
        and all(isinstance(features[k], t) for k, t in zip(keys, kinds))
    )
    if not good:
        raise InputError(
            f"The builder {builder.name!r} must have supervised_keys (image, "
            f"label) of an Image and a ClassLabel, it has {keys}. Use an image "
            "classification data set."
        )
    return keys
