"""Batch inference of one shard: what a Beam worker runs."""

import functools
import json
import os
import uuid

import numpy as np

from tfkd.data import augment
from tfkd.data import prediction_blocks
from tfkd.data import records
from tfkd.data import shards
from tfkd.data import tap_formats
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training.predictor import TapPredictor

# What a stored shard depends on, beside the examples.
_MADE_OF = ("augmentation", "batch_size", "count", "format", "info")
_MADE_OF += ("model_hash", "view")


@functools.lru_cache(maxsize=1)
def _predictor(uri, model_hash, image_shape, taps):
    """The predictor, loaded once a process; a changed hash reloads it."""
    model = model_files.load(uri)
    found = model_files.model_hash(model)
    if found != model_hash:
        raise InputError(
            f"The model in {uri} must have the hash {model_hash[:12]} that "
            f"its training.json records, it has {found[:12]}: the file was "
            "changed. Run the component that wrote it again."
        )
    return TapPredictor(model, image_shape, taps)


def predict_shard(task):
    """Writes the teacher's taps for one shard and one view of its examples.

    A shard that an earlier attempt at the same task has finished is not
    computed again: beside it lies its report, with the SHA-256 that it must
    have.

    Args:
        task: `model` (URI of the Model artifact), `model_hash`, `info`
            (the data set's), `format` (see `prediction_settings`),
            `augmentation` and `view` (both `None` for images as they are),
            `source` and `target` (files), `count` (records), `batch_size`.

    Returns:
        `records_in`, `records_out`, `sha256`; `taps`, tap name to its format;
        `task`, the SHA-256 of what it depends on.

    Raises:
        InputError: If a shard is damaged, a value is not finite, or a tap
            does not exist.
    """
    path = f"{task['target']}.json"
    report = _finished(task, path)
    if report is None:
        report = {**_predict(task), "task": made_of(task)}
        partial = f"{path}.{uuid.uuid4().hex}"
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(report, file)
        os.replace(partial, path)
    return report


def forget():
    """Frees the teacher, where worker and caller are one process."""
    _predictor.cache_clear()


def _finished(task, path):
    """Returns the report of a shard that is there, whole and of this task."""
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        whole = shards.file_sha256(task["target"]) == report["sha256"]
        return report if whole and report["task"] == made_of(task) else None
    except (OSError, ValueError):
        return None


def made_of(task):
    """Returns the SHA-256 of what a task's shard depends on."""
    found = {key: task[key] for key in _MADE_OF}
    return shards.json_sha256(
        {**found, "source": shards.file_sha256(task["source"])}
    )


def _predict(task):
    settings = task["format"]
    predict = _predictor(
        task["model"],
        task["model_hash"],
        tuple(task["info"]["image_shape"]),
        tuple(settings["taps"]),
    )
    formats = tap_formats.create(settings, predict.shapes)
    counts = {"records_in": 0, "records_out": 0}
    prediction_blocks.write_shard(
        task["target"],
        _blocks(task, predict, formats, counts),
        prediction_blocks.compression([settings["format"]]),
    )
    return {
        **counts,
        "sha256": shards.file_sha256(task["target"]),
        "taps": {tap.tap: tap.to_json() for tap in formats},
    }


def _blocks(task, predict, formats, counts):
    """Yields a block for each batch of examples, one batch in memory."""
    batches = records.read_shard(
        task["source"], task["count"], batch_size=task["batch_size"]
    )
    for batch in batches:
        ids = [name.decode() for name in batch["example_id"]]
        counts["records_in"] += len(ids)
        images = records.decode(batch["image"], task["info"])
        block = {
            prediction_blocks.ID: ids,
            prediction_blocks.FINGERPRINT: prediction_blocks.fingerprints(
                batch["example_id"], batch["image"]
            ).numpy(),
        }
        policy = task["augmentation"]
        if policy is not None:
            seeds = augment.seeds(ids, policy["seed"], task["view"])
            block[prediction_blocks.SEED] = seeds
            images = augment.view(images, seeds, policy)
        taps = predict(images, task["batch_size"])
        _check_finite(taps, ids, task["source"])
        for tap in formats:
            block |= tap.encode(taps[tap.tap])
        yield block
        counts["records_out"] += len(ids)


def _check_finite(taps, ids, source):
    for name, values in taps.items():
        rows = values.reshape(len(values), -1)
        bad = ~np.isfinite(rows).all(axis=1)
        if bad.any():
            raise InputError(
                f"The teacher's {name} must be finite; {int(bad.sum())} of "
                f"{len(ids)} examples in a row of {source} give NaN or "
                f"infinity, the first is {ids[int(np.argmax(bad))]}. Look for "
                "NaN pixels in it and for the right 'scale' of the teacher's "
                "input."
            )
