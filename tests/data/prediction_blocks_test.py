import numpy as np
import pytest

from tfkd.data import prediction_blocks
from tfkd.data import tap_formats
from tfkd.errors import InputError

FORMATS = [
    tap_formats.TopK(
        tap="logits", shape=(9,), dtype="float16", k=2, temperature=1.0
    ),
    tap_formats.Dense(tap="stage1", shape=(2, 2, 3), dtype="float32"),
]
FIELDS = prediction_blocks.fields_of(FORMATS, augmented=True)


def blocks():
    rng = np.random.default_rng(0)
    for start, count in ((0, 3), (3, 2)):
        ids = [f"é{start + number}" for number in range(count)]
        yield {
            "example_id": ids,
            "fingerprint": np.arange(count, dtype=np.int32),
            "seed": np.arange(count) + 2**62,
            **FORMATS[0].encode(rng.normal(size=(count, 9)).astype("float32")),
            **FORMATS[1].encode(rng.normal(size=(count, 2, 2, 3))),
        }


def test_blocks_come_back_as_they_were_written(tmp_path):
    path = str(tmp_path / "a")
    prediction_blocks.write_shard(path, blocks(), "GZIP")
    found = list(prediction_blocks.read_shard(path, 5, FIELDS, "GZIP"))
    for block, expected in zip(found, blocks(), strict=True):
        ids = [name.decode() for name in block.pop("example_id")]
        assert ids == expected.pop("example_id")
        assert block.keys() == expected.keys()
        for name, array in expected.items():
            assert block[name].dtype == array.dtype
            np.testing.assert_array_equal(block[name], array)


def test_equal_blocks_give_equal_files(tmp_path):
    for name in ("a", "b"):
        prediction_blocks.write_shard(str(tmp_path / name), blocks(), "")
    first, second = ((tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_file_of_another_length_is_refused(tmp_path):
    path = str(tmp_path / "a")
    prediction_blocks.write_shard(path, blocks(), "")
    with pytest.raises(InputError, match="must hold 6 records, it holds 5"):
        list(prediction_blocks.read_shard(path, 6, FIELDS, ""))


def test_a_fingerprint_tells_ids_and_pixels_apart():
    found = prediction_blocks.fingerprints(
        ["a", "b", "a", "a"], [b"\0\1", b"\0\1", b"\0\2", b"\0\1"]
    ).numpy()
    assert found[0] == found[3]
    assert len({*found.tolist()}) == 3
    assert (found >= 0).all()


def test_files_are_named_after_split_shard_and_view():
    def name(**values):
        return prediction_blocks.shard_path("u", "train", 1, 2, **values)

    assert name() == "u/Split-train/predictions-00001-of-00002.gz"
    assert name(compression="").endswith("/predictions-00001-of-00002")
    assert name(view=3).endswith("/predictions_view_3-00001-of-00002.gz")
