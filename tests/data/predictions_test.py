import gzip
import hashlib
import json
import pathlib

import numpy as np
import pytest

from tests.data import written_predictions
from tfkd.data import augment
from tfkd.data import predictions
from tfkd.data import records
from tfkd.errors import InputError

COUNT, CLASSES = 23, 6
RNG = np.random.default_rng(0)
IDS = [f"id-{number:02d}" for number in range(COUNT)]
IMAGES = RNG.integers(0, 255, (COUNT, 3, 2, 1)).astype(np.uint8)
LOGITS = RNG.normal(0, 3, (COUNT, CLASSES)).astype(np.float32)
LABELS = np.arange(COUNT) % CLASSES
POLICY = {"views": 2, "shift": 1, "horizontal_flip": True, "seed": 5}


def write_examples(uri, images=IMAGES, num_shards=3):
    uri.mkdir()
    entry = records.write_split(
        str(uri), "train", IDS, images, LABELS, num_shards
    )
    info = {
        "image_shape": [3, 2, 1],
        "image_dtype": "uint8",
        "splits": {"train": entry},
    }
    records.write_info(str(uri), info)
    return str(uri)


def write_predictions(uri, policy=None, **settings):
    return written_predictions.write(
        uri, IDS, IMAGES, LOGITS, policy=policy, **settings
    )


def files_of(uri):
    return sorted(pathlib.Path(uri, "Split-train").iterdir())


def test_dense_logits_come_back_bit_by_bit(tmp_path):
    uri = write_predictions(tmp_path / "p")
    stored = predictions.load(uri, "train")
    assert stored.ids.tolist() == IDS
    assert stored.taps == ["logits"]
    logits = stored.dense()["logits"]
    assert logits.dtype == np.float32
    np.testing.assert_array_equal(logits, LOGITS)
    assert [path.name for path in files_of(uri)] == [
        f"predictions-{number:05d}-of-00003" for number in range(3)
    ]


def test_the_largest_logits_stay_few_in_memory_until_decoded(tmp_path):
    uri = write_predictions(tmp_path / "p", format="top_k", k=2)
    stored = predictions.load(uri, "train").take([4, 1])
    shapes = {name: array.shape for name, array in stored.fields.items()}
    assert shapes == {
        "logits.values": (2, 2),
        "logits.classes": (2, 2),
        "logits.rest": (2,),
    }
    assert stored.ids.tolist() == ["id-04", "id-01"]
    decoded = stored.dense()["logits"]
    np.testing.assert_array_equal(decoded.argmax(1), LOGITS[[4, 1]].argmax(1))
    assert files_of(uri)[0].name.endswith(".gz")


def test_views_are_kept_apart_with_their_seeds(tmp_path):
    uri = write_predictions(tmp_path / "p", POLICY)
    stored = predictions.load(uri, "train")
    assert stored.policy == POLICY
    for view in range(2):
        np.testing.assert_array_equal(
            stored.dense(view)["logits"], LOGITS + np.float32(10 * view)
        )
        np.testing.assert_array_equal(
            stored.seeds[:, view], augment.seeds(IDS, 5, view)
        )


def test_images_that_the_teacher_has_not_seen_are_refused(tmp_path):
    stored = predictions.load(write_predictions(tmp_path / "p"), "train")
    images = IMAGES.astype(np.float32)
    stored.check_images(images, "uint8")
    images[7, 0, 0, 0] += 1
    with pytest.raises(InputError, match="of id-07 .* another image"):
        stored.check_images(images, "uint8")


def test_a_dataset_brings_images_predictions_and_labels(tmp_path):
    examples = write_examples(tmp_path / "e")
    uri = write_predictions(tmp_path / "p")
    batches = predictions.dataset(
        uri, "train", examples, batch_size=5, teacher_hash="a" * 64
    )
    assert batches.cardinality() == 5
    rows = list(batches.as_numpy_iterator())
    assert [len(y) for _, y in rows] == [5, 5, 5, 5, 3]
    join = np.concatenate
    np.testing.assert_array_equal(join([y for _, y in rows]), LABELS)
    np.testing.assert_array_equal(join([x["student"] for x, _ in rows]), IMAGES)
    np.testing.assert_array_equal(
        join([x["cached"]["logits"] for x, _ in rows]), LOGITS
    )
    (x, _), *_ = batches
    assert x["student"].dtype == "float32"


def test_a_shuffled_dataset_keeps_rows_together(tmp_path):
    examples = write_examples(tmp_path / "e")
    uri = write_predictions(tmp_path / "p")
    batches = predictions.dataset(
        uri, "train", examples, batch_size=5, shuffle=50, seed=1
    )
    passes = []
    for _ in range(2):
        rows = list(batches.unbatch().as_numpy_iterator())
        position = [
            int(np.flatnonzero((x["student"] == IMAGES).all((1, 2, 3)))[0])
            for x, _ in rows
        ]
        assert sorted(position) == list(range(COUNT))
        assert position != sorted(position)
        for place, (x, y) in zip(position, rows):
            np.testing.assert_array_equal(x["cached"]["logits"], LOGITS[place])
            assert y == LABELS[place]
        passes.append(position)
    assert passes[0] != passes[1]


def test_views_of_a_dataset_follow_one_another(tmp_path):
    examples = write_examples(tmp_path / "e")
    uri = write_predictions(tmp_path / "p", POLICY)
    batches = predictions.dataset(uri, "train", examples, batch_size=5)
    rows = list(batches.as_numpy_iterator())
    assert len(rows) == 10
    for view in range(2):
        part = rows[5 * view : 5 * view + 5]
        images = np.concatenate([x["student"] for x, _ in part])
        expected = augment.view(
            IMAGES.astype(np.float32), augment.seeds(IDS, 5, view), POLICY
        )
        np.testing.assert_array_equal(images, expected)
        np.testing.assert_array_equal(
            np.concatenate([x["cached"]["logits"] for x, _ in part]),
            LOGITS + np.float32(10 * view),
        )


def test_a_dataset_of_other_images_or_another_teacher_is_refused(tmp_path):
    uri = write_predictions(tmp_path / "p")
    others = write_examples(tmp_path / "others", 255 - IMAGES)
    with pytest.raises(InputError, match="^The predictions in .*/p belong to"):
        predictions.dataset(uri, "train", others, batch_size=5)
    fewer = write_examples(tmp_path / "fewer", num_shards=2)
    with pytest.raises(InputError, match=r"\[12, 11\] .* are of \[8, 8, 7\]"):
        predictions.dataset(uri, "train", fewer, batch_size=5)
    with pytest.raises(InputError, match=r"bbbbbbbbbbbb\); .* by aaaaaaaaaaaa"):
        predictions.dataset(
            uri, "train", others, batch_size=5, teacher_hash="b" * 64
        )


def test_another_image_further_on_stops_the_stream(tmp_path):
    images = IMAGES.copy()
    images[20] += 1
    examples = write_examples(tmp_path / "e", images)
    uri = write_predictions(tmp_path / "p")
    batches = predictions.dataset(uri, "train", examples, batch_size=5)
    with pytest.raises(Exception, match="other images of them"):
        list(batches)


@pytest.mark.parametrize("settings", [{}, {"format": "top_k", "k": 2}])
def test_a_changed_or_missing_file_is_named(tmp_path, settings):
    uri = write_predictions(tmp_path / "p", **settings)
    path = files_of(uri)[1]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for read in (predictions.load, predictions.verify):
        with pytest.raises(InputError, match="00001-of-00003.* was changed"):
            read(uri, "train")
    path.unlink()
    with pytest.raises(InputError, match="it is missing or"):
        predictions.load(uri, "train")


def test_a_file_that_lies_elsewhere_is_not_read(tmp_path):
    uri = write_predictions(tmp_path / "p")
    info = json.loads((tmp_path / "p/predictions.json").read_text())
    info["splits"]["train"]["views"][0][0]["file"] = "../../secret"
    (tmp_path / "p/predictions.json").write_text(json.dumps(info))
    with pytest.raises(InputError, match="must be a plain name"):
        predictions.load(uri, "train")


def test_damage_that_checksums_agree_with_is_found_while_reading(tmp_path):
    uri = write_predictions(tmp_path / "p", format="top_k", k=2)
    path = files_of(uri)[0]
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:-3]))
    info = json.loads((tmp_path / "p/predictions.json").read_text())
    shard = info["splits"]["train"]["views"][0][0]
    shard["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "p/predictions.json").write_text(json.dumps(info))
    with pytest.raises(InputError, match="00000-of-00003.* at record 1"):
        predictions.load(uri, "train")


def test_what_is_no_such_directory_or_split_is_told(tmp_path):
    with pytest.raises(InputError, match=r"predictions\.json"):
        predictions.load(str(tmp_path), "train")
    (tmp_path / "predictions.json").write_text('{"teacher_hash": "a"}')
    with pytest.raises(InputError, match="of version 2, it is of version 1"):
        predictions.read_info(str(tmp_path))
    with pytest.raises(InputError, match="no split 'eval' .* 'train'"):
        predictions.load(write_predictions(tmp_path / "p"), "eval")


def test_the_stored_teacher_stands_for_the_real_one(tmp_path):
    teacher = predictions.teacher(write_predictions(tmp_path / "p"))
    specs = teacher.connect(["logits"], None)
    assert specs["logits"].shape == (None, CLASSES)
