"""A teacher's outputs on disk, beside the examples they belong to.

Shards and their order are those of the `Examples`. Each record has
`example_id` and `logits` (raw little-endian float32).
"""

import json
import os

import numpy as np
import tensorflow as tf

from tfkd.data import records
from tfkd.errors import InputError


def shard_path(uri, split, shard, num_shards):
    """Returns the path of one shard file."""
    return records.shard_path(uri, split, shard, num_shards, "predictions")


def write_shard(path, ids, logits):
    """Writes one shard.

    Args:
        path: File to write.
        ids: Example ids (str), (examples,).
        logits: Array (examples, classes).

    Returns:
        The number of records.

    Raises:
        ValueError: If there are not as many rows of logits as ids.
    """
    logits = np.asarray(logits).astype("<f4")
    if logits.ndim != 2 or len(logits) != len(ids):
        raise ValueError(
            f"logits must be ({len(ids)}, classes) for {len(ids)} ids, "
            f"received shape {logits.shape}."
        )
    return records.write_shard(path, map(_to_example, ids, logits))


def _to_example(id, row):
    values = {"example_id": str(id).encode(), "logits": row.tobytes()}
    feature = {
        key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for key, value in values.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=feature))


def write_info(uri, *, teacher_hash, num_classes, splits):
    """Writes `predictions.json`.

    Args:
        uri: `TeacherPredictions` directory.
        teacher_hash: Hash of the teacher that made them.
        num_classes: Length of a row of logits.
        splits: Split to {"num_examples": int}, which may also name its
            files: "shards": [{"file", "num_examples"}].
    """
    info = {
        "teacher_hash": teacher_hash,
        "taps": {"logits": [num_classes]},
        "splits": splits,
    }
    with open(os.path.join(uri, "predictions.json"), "w") as file:
        json.dump(info, file, indent=1, sort_keys=True)


def read_info(uri):
    """Reads `predictions.json`.

    Raises:
        InputError: If there is none that can be read.
    """
    path = os.path.join(uri, "predictions.json")
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise InputError(
            f"A TeacherPredictions directory must hold a readable "
            f"predictions.json; reading {path} gave: {error}. Run "
            "TeacherPredictions again."
        ) from None


def load(uri, split, example_ids=None):
    """Loads a split's predictions into memory.

    Args:
        uri: `TeacherPredictions` directory.
        split: Name of the split.
        example_ids: Ids of the examples they must belong to, in order;
            checked when given.

    Returns:
        ids (str array) and {"logits": float32 (examples, classes)}.

    Raises:
        InputError: If files are damaged, or the ids are not `example_ids`.
    """
    info = read_info(uri)
    if split not in info["splits"]:
        raise InputError(f"There is no split {split!r} in {uri}.")
    classes = info["taps"]["logits"][0]
    ids, logits = [], [np.zeros((0, classes), np.float32)]
    for shard in _shards(uri, split, info):
        for batch in records.read_shard(*shard, _parse):
            ids.extend(id.decode() for id in batch["example_id"])
            raw = b"".join(batch["logits"])
            logits.append(np.frombuffer(raw, "<f4").reshape(-1, classes))
    ids = np.array(ids, dtype=str)
    if len(ids) != info["splits"][split]["num_examples"]:
        raise InputError(
            f"Split {split!r} in {uri} must hold "
            f"{info['splits'][split]['num_examples']} predictions, it holds "
            f"{len(ids)}. Run TeacherPredictions again."
        )
    if example_ids is not None:
        _check_ids(ids, np.asarray(example_ids), uri, split)
    return ids, {"logits": np.concatenate(logits).astype(np.float32)}


def _parse(serialized):
    kind = tf.io.FixedLenFeature([], tf.string)
    return tf.io.parse_example(serialized, {"example_id": kind, "logits": kind})


def _shards(uri, split, info):
    entry = info["splits"][split]
    if "shards" in entry:
        return [
            (f"{uri}/Split-{split}/{s['file']}", s["num_examples"])
            for s in entry["shards"]
        ]
    names = sorted(os.listdir(f"{uri}/Split-{split}"))
    paths = [f"{uri}/Split-{split}/{name}" for name in names]
    return [(path, None) for path in paths]


def _check_ids(ids, expected, uri, split):
    if len(ids) != len(expected):
        raise InputError(
            f"The predictions in {uri} must belong to the {len(expected)} "
            f"examples of split {split!r}, there are {len(ids)}. Run "
            "TeacherPredictions on these examples."
        )
    wrong = np.flatnonzero(ids != expected)
    if len(wrong):
        first = wrong[0]
        raise InputError(
            f"The predictions in {uri} belong to other examples than split "
            f"{split!r}: {len(wrong)} ids differ, at row {first} "
            f"{str(ids[first])!r} for {str(expected[first])!r}. Run "
            "TeacherPredictions on these examples."
        )
