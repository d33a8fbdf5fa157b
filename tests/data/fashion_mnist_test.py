import gzip
import os
import struct

import numpy as np
import pytest

from tfkd.data import fashion_mnist
from tfkd.data import source
from tfkd.errors import InputError


def write_idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def write_files(folder, labels=4):
    images = np.arange(4 * 28 * 28, dtype=np.uint32).astype(np.uint8)
    for stem in ("train", "t10k"):
        path = folder / f"{stem}-images-idx3-ubyte.gz"
        write_idx(path, images.reshape(4, 28, 28))
        path = folder / f"{stem}-labels-idx1-ubyte.gz"
        write_idx(path, np.arange(labels, dtype=np.uint8))
    return images.reshape(4, 28, 28)


def test_builder_reads_the_four_files(tmp_path):
    images = write_files(tmp_path)
    builder = fashion_mnist.FashionMnist(
        path=tmp_path, data_dir=tmp_path / "data"
    )
    builder.download_and_prepare()
    for split in ("train", "test"):
        rows = list(builder.as_dataset(split=split).as_numpy_iterator())
        rows.sort(key=lambda row: row["id"])
        assert [row["label"] for row in rows] == [0, 1, 2, 3]
        found = [row["image"][..., 0] for row in rows]
        np.testing.assert_array_equal(found, images)


def test_other_numbers_of_labels_and_images_are_refused(tmp_path):
    write_files(tmp_path, labels=3)
    builder = fashion_mnist.FashionMnist(
        path=tmp_path, data_dir=tmp_path / "data"
    )
    with pytest.raises(InputError, match="there are 3 and 4"):
        builder.download_and_prepare()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (None, "No such file"),
        (b"no gzip", "must be a gzipped idx file"),
        (gzip.compress(b"1234567890")[:-6], "must be a gzipped idx file"),
        (gzip.compress(b"\x00\x00\x0d\x01"), "starts with"),
        (
            gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x05abc"),
            r"must hold 5 bytes for shape .*, it holds 3",
        ),
    ],
    ids=("missing", "plain", "truncated", "magic", "short"),
)
def test_damaged_files_are_named(tmp_path, content, match):
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=match) as error:
        fashion_mnist.read_idx(path)
    assert str(path) in str(error.value)
    assert "apt-get install" in str(error.value)


@pytest.mark.skipif(
    not os.path.isdir(source.FASHION_MNIST_FOLDER),
    reason="Fashion-MNIST is not installed: apt-get install "
    "dataset-fashion-mnist",
)
def test_the_real_files_are_balanced_and_hold_no_image_twice():
    folder = source.FASHION_MNIST_FOLDER
    images = [
        fashion_mnist.read_idx(f"{folder}/{stem}-images-idx3-ubyte.gz")
        for stem in ("train", "t10k")
    ]
    assert [len(part) for part in images] == [60000, 10000]
    assert len({i.tobytes() for part in images for i in part}) == 70000
    labels = fashion_mnist.read_idx(f"{folder}/train-labels-idx1-ubyte.gz")
    assert np.bincount(labels).tolist() == [6000] * 10
