import pathlib

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
    digests, images = zip(*reader.images("train", [1, 4, 5]))
    assert list(digests) == [rows.digests[i] for i in (1, 4, 5)]
    assert all(image.shape == (4, 4, 3) for image in images)
    # An image's value tells its label: 20 * i and i % 2.
    found = [int(image[0, 0, 0]) // 20 % 2 for image in images]
    assert found == [rows.labels[i] for i in (1, 4, 5)]


class TfkdTestMany(TfkdTestShapes):
    """So many squares that two files are read in turns by default."""

    SAME_IDS = False

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(40)}

    def _generate_examples(self, count):
        for i in range(count):
            image = np.full((2, 2, 3), i, np.uint8)
            id = i % 5 if self.SAME_IDS else i
            yield i, {"id": id, "image": image, "label": i % 2}


def test_positions_hold_where_a_split_is_in_several_files(tmp_path):
    builder = tfds.builder("tfkd_test_many", data_dir=str(tmp_path))
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(num_shards=2)
    )
    wanted = source(tmp_path, name="tfkd_test_many", image_size=[2, 2])
    reader = tfds_reader.TfdsReader(wanted, "")
    rows = reader.rows("train")
    positions = list(range(10, 36))
    found = list(reader.images("train", positions))
    for position, (digest, image) in zip(positions, found, strict=True):
        assert rows.keys[position] == f"train/{image[0, 0, 0]}"
        assert rows.digests[position] == digest


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


def test_ids_that_occur_twice_are_no_ids(tmp_path, monkeypatch):
    monkeypatch.setattr(TfkdTestMany, "SAME_IDS", True)
    wanted = source(tmp_path, name="tfkd_test_many")
    tfds.builder(
        "tfkd_test_many", data_dir=str(tmp_path)
    ).download_and_prepare()
    keys = tfds_reader.TfdsReader(wanted, "").rows("train").keys
    assert len(set(keys)) == 40
    assert all("tfkd_test_many-train.tfrecord" in key for key in keys)


@pytest.mark.parametrize("damage", ["cut", "remove"])
def test_damaged_files_are_named_by_their_folder(tmp_path, damage):
    builder = tfds.builder("tfkd_test_shapes", data_dir=str(tmp_path))
    builder.download_and_prepare()
    (path,) = pathlib.Path(builder.data_path).glob("*-train.*")
    data = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(data[:-7])
    reader = tfds_reader.TfdsReader(source(tmp_path, image_size=[4, 4]), "")
    for read in (reader.rows, lambda s: list(reader.images(s, [0, 5]))):
        with pytest.raises(InputError, match="1.0.0 must be whole; .*prepare"):
            read("train")


def test_array_records_are_refused(tmp_path):
    tfds.builder(
        "tfkd_test_shapes", data_dir=str(tmp_path), file_format="array_record"
    ).download_and_prepare()
    with pytest.raises(InputError, match="must be prepared as TFRecord"):
        tfds_reader.TfdsReader(source(tmp_path), "")


@pytest.mark.parametrize("name", ["mnist/no", "mnist:9.9.9", "../mnist", "a b"])
def test_names_of_another_form_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="source.name must be NAME, NAME/"):
        tfds_reader.TfdsReader(source(tmp_path, name=name), "")


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
