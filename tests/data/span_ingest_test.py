import hashlib
import json
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

from tfkd.components.base import beam
from tfkd.data import records
from tfkd.data import span_ingest
from tfkd.errors import InputError


def write_span(root, span, count=60, seed=None, file="a"):
    """Writes random images of two classes as a file of a span."""
    random = np.random.default_rng(span if seed is None else seed)
    folder = root / f"span-{span}"
    folder.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / f"{file}.tfrecord")) as writer:
        for number in range(count):
            image = random.integers(0, 255, (2, 2, 1)).astype("uint8")
            example = records.to_example("", image, number % 2)
            writer.write(example.SerializeToString())


def source(root, **changes):
    return {
        "kind": "tfrecord",
        "pattern": f"{root}/span-{{SPAN}}/*.tfrecord",
        "features": {"image": "image", "label": "label"},
        "image_encoding": "raw_uint8",
        "image_shape": [2, 2, 1],
        "class_names": ["a", "b"],
    } | changes


class Nights:
    """One ingestion after the other, with the same directory of spans."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.count = 0

    def ingest(self, cache="kept", **changes):
        self.count += 1
        uri = self.folder / f"examples-{self.count}"
        uri.mkdir()
        info, newest, processed = span_ingest.ingest(
            source(self.data, **changes),
            str(uri),
            num_shards=2,
            make_pipeline=beam.pipeline,
            work_dir=str(self.folder / f"work-{self.count}"),
            cache_dir=str(self.folder / cache),
        )
        assert newest == max(
            int(path.name.removeprefix("span-")) for path in self.data.iterdir()
        )
        return str(uri), info, processed


@pytest.fixture
def nights(tmp_path):
    return Nights(tmp_path)


def splits_of(uri):
    """Returns example id to its split."""
    return {
        id: split
        for split in ("train", "eval", "test")
        for id in records.load_arrays(uri, split)[0]
    }


def contents(uri):
    return {
        str(path.relative_to(uri)): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in pathlib.Path(uri).rglob("*.*")
    }


def test_only_new_spans_are_processed_and_old_examples_stay_in_their_split(
    nights,
):
    write_span(nights.data, 1)
    first, _, processed = nights.ingest()
    assert processed == [1]
    write_span(nights.data, 2)
    second, info, processed = nights.ingest()
    assert processed == [2]
    write_span(nights.data, 10)
    third, info, processed = nights.ingest()
    assert processed == [10]
    before, after = splits_of(second), splits_of(third)
    assert len(splits_of(first)) == 60
    assert len(after) == 180
    assert before == {id: after[id] for id in before}
    sizes = {name: s["num_examples"] for name, s in info["splits"].items()}
    assert sum(sizes.values()) == 180
    # A fifth of them, and 15 % of the rest: 36 and 21.6 on average.
    assert 20 < sizes["test"] < 52
    assert 8 < sizes["eval"] < 36
    assert nights.ingest()[2] == []


def test_what_was_kept_gives_the_same_bytes_as_all_from_the_start(nights):
    for span in (1, 2):
        write_span(nights.data, span)
        kept, _, _ = nights.ingest()
    fresh, _, processed = nights.ingest(cache="fresh")
    assert processed == [1, 2]
    assert contents(kept) == contents(fresh)


def test_a_span_that_has_changed_is_processed_again(nights):
    write_span(nights.data, 1)
    write_span(nights.data, 2)
    nights.ingest()
    # A file that came late.
    write_span(nights.data, 1, file="b", seed=7)
    uri, _, processed = nights.ingest()
    assert processed == [1]
    assert len(splits_of(uri)) == 180


def test_a_damaged_span_is_processed_again(nights):
    write_span(nights.data, 1)
    first, _, _ = nights.ingest()
    expected = contents(first)
    (kept,) = (nights.folder / "kept").glob("*/Split-test/*0-of*")
    kept.write_bytes(b"damaged")
    again, _, processed = nights.ingest()
    assert processed == [1]
    assert contents(again) == expected


def test_fewer_spans_leave_nothing_to_process(nights):
    for span in (1, 2, 3):
        write_span(nights.data, span)
    nights.ingest()
    uri, _, processed = nights.ingest(num_spans=1)
    assert processed == []
    assert len(splits_of(uri)) == 60


def test_copies_in_different_nights_stay_in_one_split(nights):
    write_span(nights.data, 1, seed=5)
    write_span(nights.data, 2, seed=5)
    uri, _, _ = nights.ingest()
    places = {}
    for split in ("train", "eval", "test"):
        for image in records.load_arrays(uri, split)[1]:
            places.setdefault(image.tobytes(), set()).add(split)
    assert {len(found) for found in places.values()} == {1}
    assert len(splits_of(uri)) == 120


@pytest.mark.parametrize("wrong", [-1, 2])
def test_a_label_that_is_no_class_names_its_span(nights, wrong):
    folder = nights.data / "span-1"
    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "a.tfrecord")) as writer:
        for label in (0, 1, wrong):
            image = np.full((2, 2, 1), 9 + label, np.uint8)
            example = records.to_example("", image, label)
            writer.write(example.SerializeToString())
    with pytest.raises(InputError, match="of span 1, 1 of 3 are others"):
        nights.ingest()


def test_a_night_that_fails_leaves_nothing_behind(nights):
    write_span(nights.data, 1)
    with pytest.raises(InputError, match="value_range, 0 to 1; 1/a.tfrecord#"):
        nights.ingest(value_range=[0, 1])
    assert not list((nights.folder / "kept").iterdir())


def test_all_splits_must_have_examples(nights):
    write_span(nights.data, 1, count=2)
    with pytest.raises(InputError, match="of these 1 spans has none"):
        nights.ingest()


def write_images(root, span, names):
    random = np.random.default_rng(span)
    for name in names:
        folder = root / f"span-{span}" / name
        folder.mkdir(parents=True)
        for number in range(30):
            image = random.integers(0, 255, (4, 4, 1)).astype("uint8")
            data = tf.io.encode_png(image).numpy()
            (folder / f"{number}.png").write_bytes(data)


def test_folders_of_images_may_lack_a_class_on_some_nights(nights):
    changes = {"path": f"{nights.data}/span-{{SPAN}}", "image_size": [4, 4]}

    def ingest():
        wanted = {"kind": "image_folder", "channels": 1, **changes}
        nights.count += 1
        uri = nights.folder / f"examples-{nights.count}"
        uri.mkdir()
        info, _, processed = span_ingest.ingest(
            wanted,
            str(uri),
            num_shards=1,
            make_pipeline=beam.pipeline,
            work_dir=str(nights.folder / f"work-{nights.count}"),
            cache_dir=str(nights.folder / "kept"),
        )
        return str(uri), info, processed

    write_images(nights.data, 1, ("cat", "dog"))
    assert ingest()[2] == [1]
    write_images(nights.data, 2, ("cat", "dog"))
    assert ingest()[2] == [2]
    # A class that is new changes the numbers of the others.
    write_images(nights.data, 3, ("ant", "dog"))
    uri, info, processed = ingest()
    assert processed == [1, 2, 3]
    assert info["class_names"] == ["ant", "cat", "dog"]
    labels = np.concatenate(
        [records.load_arrays(uri, s)[2] for s in ("train", "eval", "test")]
    )
    assert np.bincount(labels).tolist() == [30, 60, 90]
    # One class alone, or nothing at all.
    write_images(nights.data, 4, ("cat",))
    write_images(nights.data, 5, ())
    (nights.data / "span-5").mkdir()
    _, info, processed = ingest()
    assert processed == [4, 5]
    assert sum(e["num_examples"] for e in info["splits"].values()) == 210
    changes["num_spans"] = 2
    with pytest.raises(InputError, match=r"two classes .* \['cat'\]"):
        ingest()


def test_classes_of_two_spans_that_differ_by_case_are_refused():
    units = [
        types.SimpleNamespace(
            reader=types.SimpleNamespace(
                describe=lambda names=names: {"class_names": names}
            )
        )
        for names in (["Cat", "dog"], ["cat", "dog"])
    ]
    with pytest.raises(InputError, match="there are 'Cat' and 'cat'"):
        span_ingest._classes({}, units)


def test_what_is_kept_names_no_place(nights):
    write_span(nights.data, 1)
    nights.ingest()
    (index,) = (nights.folder / "kept").glob("*/index.json")
    assert str(nights.folder) not in index.read_text()
    assert set(json.loads(index.read_text())["splits"]) == {
        "train",
        "eval",
        "test",
    }
