import gzip
import hashlib
import os

import numpy as np
import pytest
import tensorflow as tf

from tfkd.data import records
from tfkd.errors import InputError

IMAGES = np.arange(5 * 2 * 3 * 1, dtype=np.uint8).reshape(5, 2, 3, 1)
IDS = [f"id{i}" for i in range(5)]
LABELS = [0, 1, 0, 1, 1]


def write(uri, images=IMAGES, num_shards=2):
    entry = records.write_split(
        str(uri), "train", IDS, images, LABELS, num_shards
    )
    info = {
        "image_shape": [2, 3, 1],
        "image_dtype": str(images.dtype),
        "splits": {"train": entry},
    }
    records.write_info(str(uri), info)
    return str(uri), entry


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_arrays_come_back(tmp_path, dtype):
    images = IMAGES.astype(dtype) / (1 if dtype == "uint8" else 7)
    images = images.astype(dtype)
    uri, entry = write(tmp_path, images)
    assert [s["num_examples"] for s in entry["shards"]] == [3, 2]
    ids, loaded, labels = records.load_arrays(uri, "train")
    assert ids.tolist() == IDS
    assert labels.tolist() == LABELS
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, images)


def test_dataset_yields_the_same_as_load_arrays(tmp_path):
    uri, _ = write(tmp_path)
    rows = list(records.dataset(uri, "train").as_numpy_iterator())
    assert [r["example_id"].decode() for r in rows] == IDS
    assert [int(r["label"]) for r in rows] == LABELS
    assert rows[0]["image"].dtype == np.float32
    np.testing.assert_array_equal([r["image"] for r in rows], IMAGES)


def test_files_are_compressed_and_byte_identical(tmp_path):
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        uri, entry = write(tmp_path / name)
        path, _ = records.shards(uri, "train")[0]
        with open(path, "rb") as file:
            data = file.read()
        assert data[:2] == b"\x1f\x8b"
        digests.append(hashlib.sha256(data).hexdigest())
        assert sorted(os.listdir(os.path.dirname(path))) == [
            s["file"] for s in entry["shards"]
        ]
    assert digests[0] == digests[1]


def test_a_failed_shard_leaves_no_file(tmp_path):
    def broken():
        yield records.to_example("a", IMAGES[0], 0)
        raise RuntimeError("stop")

    path = tmp_path / "Split-train" / "shard.gz"
    with pytest.raises(RuntimeError, match="stop"):
        records.write_shard(str(path), broken())
    assert not list(path.parent.iterdir())


def test_a_truncated_file_is_named_with_its_record(tmp_path):
    uri, _ = write(tmp_path)
    path, _ = records.shards(uri, "train")[0]
    with gzip.open(path) as file:
        content = file.read()
    with gzip.open(path, "wb") as file:
        file.write(content[:-5])
    match = r"data_tfrecord-00000-of-00002.gz is corrupt .* at record 2 "
    with pytest.raises(InputError, match=match):
        records.load_arrays(uri, "train")


def test_a_cut_gzip_stream_is_an_error(tmp_path):
    uri, _ = write(tmp_path)
    path, _ = records.shards(uri, "train")[0]
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(content[: len(content) // 2])
    with pytest.raises(InputError, match="00000-of-00002.gz"):
        records.load_arrays(uri, "train")


def test_a_missing_record_is_an_error(tmp_path):
    uri, _ = write(tmp_path)
    path, _ = records.shards(uri, "train")[1]
    records.write_shard(path, [records.to_example("a", IMAGES[0], 0)])
    with pytest.raises(InputError, match="must hold 2 records, it holds 1"):
        records.load_arrays(uri, "train")


def test_a_missing_file_is_named(tmp_path):
    uri, _ = write(tmp_path)
    os.remove(records.shards(uri, "train")[1][0])
    with pytest.raises(InputError, match="00001-of-00002.gz does not exist"):
        records.load_arrays(uri, "train")


def test_other_records_are_named(tmp_path):
    uri, _ = write(tmp_path)
    path, _ = records.shards(uri, "train")[0]
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        writer.write(tf.train.Example().SerializeToString())
    with pytest.raises(InputError, match="holds records of another kind"):
        records.load_arrays(uri, "train")


def test_a_wrong_number_of_bytes_names_the_example(tmp_path):
    uri, _ = write(tmp_path)
    path, _ = records.shards(uri, "train")[1]
    good = records.to_example("id3", IMAGES[3], 0)
    records.write_shard(path, [good, records.to_example("bad", b"123", 0)])
    with pytest.raises(InputError, match="Example bad .* must have 6 bytes"):
        records.load_arrays(uri, "train")


def test_an_unknown_split_names_the_known_ones(tmp_path):
    uri, _ = write(tmp_path)
    with pytest.raises(InputError, match="no split 'tset' .* has 'train'"):
        records.load_arrays(uri, "tset")


@pytest.mark.parametrize("name", ["../secret.gz", "/etc/passwd", ".."])
def test_a_shard_that_lies_elsewhere_is_not_read(tmp_path, name):
    uri, entry = write(tmp_path / "examples")
    entry["shards"][0]["file"] = name
    records.write_info(uri, records.read_info(uri) | {"splits": {"a": entry}})
    with pytest.raises(InputError, match="must be a plain name"):
        records.load_arrays(uri, "a")


def test_a_split_that_lies_elsewhere_is_no_split(tmp_path):
    uri, entry = write(tmp_path / "examples")
    info = records.read_info(uri)
    records.write_info(uri, info | {"splits": {"/../../elsewhere": entry}})
    with pytest.raises(InputError, match="must be a plain name"):
        records.read_info(uri)


@pytest.mark.parametrize("content", [None, "{", "{}", "[]", '{"splits": []}'])
def test_an_unreadable_dataset_json_is_an_input_error(tmp_path, content):
    if content:
        (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(InputError, match="must hold a readable dataset.json"):
        records.read_info(str(tmp_path))


def test_fraction_of_is_stable():
    ids = ["0123456789abcdef", "fedcba9876543210"]
    expected = [
        int(hashlib.sha256(f"subset/{id}".encode()).hexdigest()[:16], 16)
        / 2**64
        for id in ids
    ]
    np.testing.assert_allclose(
        records.fraction_of(ids), expected, rtol=0, atol=1e-15
    )
