import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfkd.data import digits

datasets = pytest.importorskip("sklearn.datasets")


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    built = digits.Digits(data_dir=tmp_path_factory.mktemp("digits"))
    built.download_and_prepare()
    return built


def load(builder, split):
    rows = list(builder.as_dataset(split=split).as_numpy_iterator())
    rows.sort(key=lambda row: row["id"])
    images = np.stack([row["image"] for row in rows])
    labels = np.array([row["label"] for row in rows])
    return [int(row["id"]) for row in rows], images, labels


def test_no_image_occurs_twice_so_no_split_can_leak():
    images = datasets.load_digits().images
    assert len({image.tobytes() for image in images}) == len(images) == 1797


def test_splits_are_a_stratified_partition_of_the_real_images(builder):
    train, test = load(builder, "train"), load(builder, "test")
    assert (len(train[0]), len(test[0])) == (1297, 500)
    assert sorted(train[0] + test[0]) == list(range(1797))
    data = datasets.load_digits()
    for rows, images, labels in (train, test):
        np.testing.assert_array_equal(images[..., 0], data.images[rows])
        np.testing.assert_array_equal(labels, data.target[rows])
    expected = np.bincount(data.target) * 500 / 1797
    assert np.abs(np.bincount(test[2]) - expected).max() < 1


def test_it_is_a_registered_builder(tmp_path):
    found = tfds.builder("digits", data_dir=tmp_path)
    assert isinstance(found, digits.Digits)
