import numpy as np
import pytest
import tensorflow as tf

from tfkd.data import tfrecord_reader
from tfkd.errors import InputError

IMAGES = np.arange(4 * 2 * 2 * 3, dtype=np.uint8).reshape(4, 2, 2, 3)


def example(**features):
    message = tf.train.Example()
    for name, value in features.items():
        feature = message.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif isinstance(value, int):
            feature.int64_list.value.append(value)
        else:
            feature.float_list.value.extend(value)
    return message.SerializeToString()


def write(path, records, options=""):
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for record in records:
            writer.write(record)


def reader(pattern, encoding="raw_uint8", features=None, **changes):
    source = {
        "kind": "tfrecord",
        "pattern": str(pattern),
        "features": {"image": "i", "label": "l"} | (features or {}),
        "image_encoding": encoding,
        "image_shape": [2, 2, 3],
    }
    return tfrecord_reader.TFRecordReader(source | changes, "")


ENCODE = {
    "raw_uint8": lambda image: image.tobytes(),
    "raw_float32": lambda image: image.astype("<f4").tobytes(),
    "encoded": lambda image: tf.io.encode_png(image).numpy(),
    "float_list": lambda image: image.reshape(-1).astype(float).tolist(),
}


@pytest.mark.parametrize("encoding", ENCODE)
@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_all_encodings_come_back(tmp_path, encoding, compression):
    records = [
        example(i=ENCODE[encoding](image), l=label)
        for label, image in enumerate(IMAGES)
    ]
    write(tmp_path / "a.tfrecord", records[:3], compression)
    write(tmp_path / "b.tfrecord", records[3:], compression)
    found = reader(tmp_path / "*.tfrecord", encoding)
    rows = found.rows("train")
    assert rows.labels == [0, 1, 2, 3]
    assert rows.keys == [f"a.tfrecord#{i}" for i in range(3)] + ["b.tfrecord#0"]
    assert len(set(rows.digests)) == 4
    digests, images = zip(*found.images("train", [1, 3]))
    assert list(digests) == [rows.digests[1], rows.digests[3]]
    np.testing.assert_array_equal(images, IMAGES[[1, 3]])
    dtype = found.describe()["image_dtype"]
    assert dtype == (
        "uint8" if encoding in ("raw_uint8", "encoded") else "float32"
    )
    assert images[0].dtype == dtype


def test_ids_may_be_given(tmp_path):
    raw = IMAGES[0].tobytes()
    write(
        tmp_path / "a", [example(i=raw, l=0, n=b"x"), example(i=raw, l=1, n=7)]
    )
    rows = reader(tmp_path / "a", features={"id": "n"}).rows("train")
    assert rows.keys == ["x", "7"]


def test_ids_and_labels_that_cannot_be_are_refused(tmp_path):
    raw = IMAGES[0].tobytes()
    write(tmp_path / "a", [example(i=raw, l=1000, n=b"\xff")])
    with pytest.raises(InputError, match=r"the largest label is 1000\."):
        reader(tmp_path / "a").describe()
    with pytest.raises(InputError, match="must be text in UTF-8"):
        reader(tmp_path / "a", features={"id": "n"}).rows("train")


def test_labels_below_zero_make_no_classes(tmp_path):
    write(tmp_path / "a", [example(i=IMAGES[0].tobytes(), l=-1)])
    assert reader(tmp_path / "a").describe()["class_names"] == ["0"]


def test_names_do_not_depend_on_how_the_paths_are_written(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    raw = IMAGES[0].tobytes()
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        write(tmp_path / split / "a", [example(i=raw, l=0)])
    pattern = {"train": "train/a", "test": str(tmp_path / "test" / "a")}
    source = reader("train/a").source | {"pattern": pattern}
    found = tfrecord_reader.TFRecordReader(source, "")
    assert found.rows("train").keys == ["train/a#0"]
    assert found.rows("test").keys == ["test/a#0"]


def test_a_length_like_the_first_bytes_of_gzip_is_no_gzip(tmp_path):
    record = example(i=b"\0" * 35565, l=0, n=b"name")
    assert len(record).to_bytes(8, "little")[:2] == b"\x1f\x8b"
    write(tmp_path / "a", [record])
    found = reader(tmp_path / "a", "encoded", features={"id": "n"})
    assert found.rows("train").keys == ["name"]


def test_a_truncated_file_is_named_with_its_record(tmp_path):
    path = tmp_path / "a"
    write(path, [example(i=image.tobytes(), l=0) for image in IMAGES])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match="a is corrupt .* at record 3 "):
        reader(path).rows("train")


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "a"
    write(path, [example(i=image.tobytes(), l=0) for image in IMAGES])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="is corrupt or truncated at record"):
        reader(path).rows("train")


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (example(i=b"123", l=0), "must have 12 bytes .*, it has 3"),
        (example(i=IMAGES[0].tobytes()), r"feature 'l', .* has \['i'\]"),
        (example(i=IMAGES[0].tobytes(), l=[1.0]), "must be one int64"),
        (example(i=5, l=0), "must be one bytes value"),
        (b"\xff\xff", "must be a tf.Example"),
    ],
)
def test_bad_records_are_named(tmp_path, bad, match):
    write(tmp_path / "a", [example(i=IMAGES[0].tobytes(), l=0), bad])
    found = reader(tmp_path / "a")
    with pytest.raises(InputError, match=match) as error:
        list(found.images("train", [0, 1][: len(found.rows("train").keys)]))
    assert "ecord 1 of" in str(error.value)


@pytest.mark.parametrize(
    ("encoding", "value"),
    [
        ("float_list", [1.0, 2.0]),
        ("encoded", tf.io.encode_png(np.zeros((2, 3, 3), np.uint8)).numpy()),
    ],
)
def test_a_wrong_shape_names_the_record(tmp_path, encoding, value):
    write(tmp_path / "a", [example(i=value, l=0)])
    found = reader(tmp_path / "a", encoding)
    with pytest.raises(InputError, match="record 0 of .*the shape .2, 2, 3."):
        list(found.images("train", [0]))
