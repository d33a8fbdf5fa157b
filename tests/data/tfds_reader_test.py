import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from tfkd.data import tfds_reader
from tfkd.errors import InputError


class TfkdTestShapes(tfds.core.GeneratorBasedBuilder):
    """Coloured squares of different sizes, with a validation split."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    # A number, as some builders have it.
                    "id": tf.int64,
                    "image": tfds.features.Image(shape=(None, None, 3)),
                    "label": tfds.features.ClassLabel(names=["a", "b"]),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        return {
            "train": self._generate_examples(6),
            "validation": self._generate_examples(4),
        }

    def _generate_examples(self, count):
        for i in range(count):
            image = np.full((4 + i, 5, 3), 20 * i, np.uint8)
            yield i, {"id": i, "image": image, "label": i % 2}


def source(tmp_path, **changes):
    return {
        "kind": "tfds",
        "name": "tfkd_test_shapes",
        "data_dir": str(tmp_path),
    } | changes


def test_a_foreign_builder_is_read_and_resized(tmp_path):
    tfds.builder(
        "tfkd_test_shapes", data_dir=str(tmp_path)
    ).download_and_prepare()
    wanted = source(tmp_path, image_size=[4, 4], class_names=["x", "y"])
    reader = tfds_reader.TfdsReader(wanted, "")
    assert reader.splits() == ["train", "eval"]
    info = reader.describe()
    assert info["image_shape"] == [4, 4, 3]
    assert info["class_names"] == ["x", "y"]
    rows = reader.rows("train")
    assert set(rows.keys) == {f"train/{i}" for i in range(6)}
    assert sorted(rows.labels) == [0, 0, 0, 1, 1, 1]
    images = list(reader.images("train", [1, 4, 5]))
    assert all(image.shape == (4, 4, 3) for image in images)
    # An image's value tells its label: 20 * i and i % 2.
    found = [int(image[0, 0, 0]) // 20 % 2 for image in images]
    assert found == [rows.labels[i] for i in (1, 4, 5)]


def test_different_sizes_need_an_image_size(tmp_path):
    tfds.builder(
        "tfkd_test_shapes", data_dir=str(tmp_path)
    ).download_and_prepare()
    reader = tfds_reader.TfdsReader(source(tmp_path), "")
    with pytest.raises(InputError, match="set source.image_size"):
        reader.describe()
    reader = tfds_reader.TfdsReader(
        source(tmp_path, image_size=[4, 4], class_names=["x"]), ""
    )
    with pytest.raises(InputError, match="must have 2 names"):
        reader.describe()


def test_a_data_set_that_is_not_prepared_is_refused_at_once(tmp_path):
    wanted = {"kind": "tfds", "name": "cifar10", "data_dir": str(tmp_path)}
    with pytest.raises(InputError, match="source.download=True"):
        tfds_reader.TfdsReader(wanted, "")


def test_an_unknown_builder_lists_the_closest():
    wanted = {"kind": "tfds", "name": "cifar1O"}
    with pytest.raises(InputError, match="'cifar1O'. Closest: 'cifar10"):
        tfds_reader.TfdsReader(wanted, "")


def test_resize_rounds_and_keeps_the_type():
    image = tf.constant([[[0], [255]]], tf.uint8)
    assert tfds_reader.resize(image, [1, 2]) is image
    resized = tfds_reader.resize(image, [1, 1])
    # Antialiased to one pixel: the mean 127.5, rounded to even.
    assert resized.numpy().tolist() == [[[128]]]
    assert resized.dtype == tf.uint8
