import gzip

import numpy as np
import pytest

from tfkd.data import predictions
from tfkd.errors import InputError

IDS = ["a", "b", "c", "d", "e"]
LOGITS = np.linspace(-3, 3, 15, dtype=np.float32).reshape(5, 3)


def write(uri, shards=True):
    uri = str(uri)
    entries = []
    for number, rows in enumerate((slice(0, 3), slice(3, 5))):
        path = predictions.shard_path(uri, "train", number, 2)
        count = predictions.write_shard(path, IDS[rows], LOGITS[rows])
        name = path.rpartition("/")[2]
        entries.append({"file": name, "num_examples": count})
    entry = {"num_examples": 5}
    if shards:
        entry["shards"] = entries
    predictions.write_info(
        uri, teacher_hash="abc", num_classes=3, splits={"train": entry}
    )
    return uri


@pytest.mark.parametrize("shards", [True, False])
def test_logits_come_back_bit_by_bit(tmp_path, shards):
    uri = write(tmp_path, shards)
    ids, taps = predictions.load(uri, "train", IDS)
    assert ids.tolist() == IDS
    assert taps["logits"].dtype == np.float32
    np.testing.assert_array_equal(taps["logits"], LOGITS)
    assert predictions.read_info(uri)["teacher_hash"] == "abc"


def test_predictions_of_other_examples_are_refused(tmp_path):
    uri = write(tmp_path)
    others = ["a", "b", "x", "d", "y"]
    with pytest.raises(InputError, match="2 ids differ, at row 2 'c' for 'x'"):
        predictions.load(uri, "train", others)
    with pytest.raises(InputError, match="to the 4 examples .* there are 5"):
        predictions.load(uri, "train", IDS[:4])


def test_a_missing_shard_is_noticed(tmp_path):
    uri = write(tmp_path, shards=False)
    (tmp_path / "Split-train/predictions-00001-of-00002.gz").unlink()
    with pytest.raises(InputError, match="must hold 5 predictions, .* 3"):
        predictions.load(uri, "train")


def test_a_damaged_shard_is_named(tmp_path):
    uri = write(tmp_path)
    path = tmp_path / "Split-train/predictions-00000-of-00002.gz"
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:-3]))
    with pytest.raises(InputError, match="predictions-00000.* at record 2"):
        predictions.load(uri, "train")


def test_rows_and_ids_must_agree(tmp_path):
    with pytest.raises(ValueError, match=r"must be \(2, classes\)"):
        predictions.write_shard(str(tmp_path / "x"), ["a", "b"], LOGITS)


def test_a_missing_split_and_a_missing_file_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="predictions.json"):
        predictions.load(str(tmp_path), "train")
    with pytest.raises(InputError, match="no split 'eval'"):
        predictions.load(write(tmp_path), "eval")
