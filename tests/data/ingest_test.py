import numpy as np
import pytest
import tensorflow as tf

from tfkd.components.base import beam
from tfkd.data import ingest
from tfkd.data import records
from tfkd.errors import InputError


def write_tfrecord(path, images, labels):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for i, (image, label) in enumerate(zip(images, labels)):
            example = records.to_example(f"k{i}", image, label)
            writer.write(example.SerializeToString())


def source(pattern, **changes):
    return {
        "kind": "tfrecord",
        "pattern": pattern,
        "features": {"image": "image", "label": "label", "id": "example_id"},
        "image_encoding": "raw_uint8",
        "image_shape": [2, 2, 1],
    } | changes


def ingested(tmp_path, wanted, num_shards=2):
    uri = tmp_path / "examples"
    uri.mkdir(parents=True)
    return str(uri), ingest.ingest(
        wanted,
        str(uri),
        num_shards=num_shards,
        make_pipeline=beam.pipeline,
        work_dir=str(tmp_path / "work"),
    )


def some_images(count):
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (count, 2, 2, 1)).astype(np.uint8)


def test_one_file_becomes_three_disjoint_stratified_splits(tmp_path):
    images, labels = some_images(200), np.arange(200) % 4
    write_tfrecord(tmp_path / "a", images, labels)
    uri, info = ingested(tmp_path, source(str(tmp_path / "a")))
    sizes = {s: e["num_examples"] for s, e in info["splits"].items()}
    # Of each class 50: 10 to test, then round(0.15 * 40) = 6 to eval.
    assert sizes == {"train": 136, "eval": 24, "test": 40}
    everything = {}
    for split in sizes:
        ids, loaded, found = records.load_arrays(uri, split)
        assert np.bincount(found).tolist() == [sizes[split] // 4] * 4
        everything |= dict(zip(ids, zip(loaded, found)))
    assert len(everything) == 200
    pairs = sorted((i.tobytes(), n) for i, n in everything.values())
    expected = zip(images.astype(np.float32), labels)
    assert pairs == sorted((i.tobytes(), n) for i, n in expected)


def test_the_order_of_the_records_does_not_matter(tmp_path):
    images, labels = some_images(60), np.arange(60) % 2
    found = []
    for name, step in (("one", 1), ("two", -1)):
        folder = tmp_path / name
        folder.mkdir()
        with tf.io.TFRecordWriter(str(folder / "a")) as writer:
            for i in range(60)[::step]:
                example = records.to_example(f"k{i}", images[i], labels[i])
                writer.write(example.SerializeToString())
        uri, _ = ingested(folder, source(str(folder / "a")))
        found.append(set(records.load_arrays(uri, "eval")[0]))
    assert found[0] == found[1]


def test_copies_of_an_image_stay_in_one_split(tmp_path):
    images = np.repeat(some_images(50), 2, axis=0)
    write_tfrecord(tmp_path / "a", images, np.arange(100) // 2 % 2)
    uri, info = ingested(tmp_path, source(str(tmp_path / "a")))
    seen = [
        {image.tobytes() for image in records.load_arrays(uri, split)[1]}
        for split in info["splits"]
    ]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_the_eval_split_is_no_range_of_fraction_of(tmp_path):
    write_tfrecord(tmp_path / "a", some_images(400), np.arange(400) % 2)
    uri, _ = ingested(tmp_path, source(str(tmp_path / "a")))
    ids, _, _ = records.load_arrays(uri, "train")
    # A subset=(0.0, 0.1) of train must still find its share.
    share = (records.fraction_of(ids) < 0.1).mean()
    assert 0.04 < share < 0.18


def test_given_splits_are_kept_and_maximum_shrinks_them(tmp_path):
    for split, count in (("train", 60), ("eval", 20), ("test", 10)):
        write_tfrecord(
            tmp_path / split, some_images(count), np.arange(count) % 2
        )
    pattern = {s: str(tmp_path / s) for s in ("train", "eval", "test")}
    wanted = source(pattern, max_examples={"train": 10, "test": 4})
    _, info = ingested(tmp_path, wanted)
    sizes = {s: e["num_examples"] for s, e in info["splits"].items()}
    assert sizes == {"train": 10, "eval": 20, "test": 4}


def test_a_fraction_for_a_split_that_is_there_is_refused(tmp_path):
    for split in ("train", "eval"):
        write_tfrecord(tmp_path / split, some_images(20), np.arange(20) % 2)
    pattern = {s: str(tmp_path / s) for s in ("train", "eval")}
    with pytest.raises(InputError, match="eval_fraction is for data without"):
        ingested(tmp_path, source(pattern, eval_fraction=0.2))


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_that_is_no_class_is_refused_before_anything_is_written(
    tmp_path, label
):
    labels = np.arange(20) % 2
    labels[7] = label
    write_tfrecord(tmp_path / "a", some_images(20), labels)
    wanted = source(str(tmp_path / "a"), class_names=["a", "b"])
    with pytest.raises(
        InputError, match=f"0 to 1; .* 1 of 20 .* first is {label} of 'k7'"
    ):
        ingested(tmp_path, wanted)
    assert not list((tmp_path / "examples").iterdir())


@pytest.fixture
def in_this_process(monkeypatch):
    def map_shards(pipeline, function, tasks, *arguments, **options):
        return [function(task) for task in tasks]

    monkeypatch.setattr(ingest.shards, "map_shards", map_shards)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("change", ["add", "remove", "overwrite"])
def test_data_that_change_while_they_are_read_are_refused(
    tmp_path, monkeypatch, change
):
    folder = tmp_path / "images"
    for number, image in enumerate(some_images(20)):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tf.io.encode_png(image).numpy())

    def plan(*arguments):
        tasks = original(*arguments)
        if change == "remove":
            (folder / "a" / "0.png").unlink()
        else:
            name = "0.png" if change == "overwrite" else "new.png"
            other = tf.io.encode_png(some_images(1)[0] + 9).numpy()
            (folder / "a" / name).write_bytes(other)
        return tasks

    original = ingest.plan
    monkeypatch.setattr(ingest, "plan", plan)
    wanted = {"kind": "image_folder", "path": str(folder), "channels": 1}
    with pytest.raises(InputError, match="must stay as they are while they"):
        ingested(tmp_path, wanted | {"image_size": [2, 2]})


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("encoding", ["raw_uint8", "raw_float32"])
def test_training_pixels_outside_of_the_declared_range_are_refused(
    tmp_path, encoding
):
    dtype = encoding.removeprefix("raw_")
    images = some_images(20).astype(dtype)
    write_tfrecord(tmp_path / "a", images, np.arange(20) % 2)
    wanted = source(str(tmp_path / "a"), image_encoding=encoding)
    _, info = ingested(tmp_path / "good", wanted | {"value_range": [0, 255]})
    assert info["value_range"] == [0, 255]
    with pytest.raises(InputError, match="value_range, 0 to 1; k.* has "):
        ingested(tmp_path / "bad", wanted | {"value_range": [0, 1]})


def test_the_declared_range_is_rounded_as_pixels_are():
    pixel = float(np.float32(0.1))
    assert pixel > 0.1
    task = {"split": "train", "value_range": [0, 0.1]}
    ingest._check_range(0.0, pixel, "k", task)


def test_small_splits_have_fewer_shards(tmp_path):
    write_tfrecord(tmp_path / "a", some_images(10), np.arange(10) % 2)
    uri, info = ingested(tmp_path, source(str(tmp_path / "a")), 5)
    shards = {s: len(e["shards"]) for s, e in info["splits"].items()}
    assert shards == {"train": 5, "eval": 2, "test": 2}
    assert len(records.load_arrays(uri, "train")[0]) == 6


def test_value_range_of_floats_is_that_of_train(tmp_path):
    images = np.linspace(-1, 3, 80, dtype=np.float32).reshape(20, 2, 2, 1)
    images[3, 0, 0, 0] = np.nan
    write_tfrecord(tmp_path / "a", images, np.arange(20) % 2)
    wanted = source(str(tmp_path / "a"), image_encoding="raw_float32")
    uri, info = ingested(tmp_path, wanted)
    train = records.load_arrays(uri, "train")[1]
    assert info["value_range"] == [np.nanmin(train), np.nanmax(train)]


def test_an_empty_split_is_refused(tmp_path):
    write_tfrecord(tmp_path / "train", some_images(10), np.arange(10) % 2)
    write_tfrecord(tmp_path / "eval", [], [])
    pattern = {s: str(tmp_path / s) for s in ("train", "eval")}
    with pytest.raises(InputError, match="'eval' of 'tfrecord' has none"):
        ingested(tmp_path, source(pattern))


def test_lost_examples_are_noticed(tmp_path, monkeypatch):
    write_tfrecord(tmp_path / "a", some_images(20), np.arange(20) % 2)

    def forgetful(path, examples):
        return original(path, list(examples)[1:])

    original = records.write_shard
    monkeypatch.setattr(records, "write_shard", forgetful)
    with pytest.raises(RuntimeError, match="must give .* records, .* came out"):
        ingested(tmp_path, source(str(tmp_path / "a")))
