"""Logits of several models for one shard of examples: what a worker runs."""

import functools
import os

import numpy as np

from tfkd.data import records
from tfkd.data import shards
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training.predictor import Predictor

# Models that a worker keeps loaded between shards.
_KEPT = 32


def compute(examples, split, models, *, pipeline, work_dir, progress=None):
    """Runs models over a split, spread out by Beam, shard by shard.

    Args:
        examples: `Examples` directory.
        split: Name of the split.
        models: `(uri, seed)` of `Model` artifacts; the seed `None` stands for
            the selected one.
        pipeline: A Beam pipeline, not yet run.
        work_dir: Scratch directory, seen by all Beam workers.
        progress: Called as `progress(done, total)` shards.

    Returns:
        float32 array `(models, examples, classes)`.

    Raises:
        InputError: If a file is missing or damaged.
        RuntimeError: If examples got lost or repeated on the way.
    """
    info = records.read_info(examples)
    files = [
        {"uri": uri, "seed": seed, "sha256": _digest(uri, seed)}
        for uri, seed in models
    ]
    tasks = [
        {
            "models": files,
            "info": info,
            "source": path,
            "count": count,
            "target": os.path.join(work_dir, f"logits-{number:05d}.npy"),
        }
        for number, (path, count) in enumerate(
            records.shards(examples, split, info)
        )
    ]
    os.makedirs(work_dir, exist_ok=True)
    try:
        shards.map_shards(
            pipeline,
            predict,
            tasks,
            os.path.join(work_dir, "shards"),
            target="target",
            progress=progress,
        )
    finally:
        # Where worker and caller are one process.
        _predictor.cache_clear()
    blocks = [np.load(task["target"], allow_pickle=False) for task in tasks]
    return np.concatenate(blocks, axis=1)


def predict(task):
    """Writes the logits of one shard.

    Args:
        task: `models` (dicts of `uri`, `seed` and the file's `sha256`),
            `info` (the data set's), `source` and `target` (files) and `count`
            (records).

    Returns:
        The report that `map_shards` checks.

    Raises:
        InputError: If the shard or a model is damaged.
    """
    shape = tuple(task["info"]["image_shape"])
    predictors = [
        _predictor(model["uri"], model["seed"], model["sha256"], shape)
        for model in task["models"]
    ]
    classes = task["info"]["num_classes"]
    logits = [np.zeros((len(predictors), 0, classes), np.float32)]
    read = 0
    for batch in records.read_shard(task["source"], task["count"]):
        read += len(batch["image"])
        images = np.asarray(records.decode(batch["image"], task["info"]))
        rows = [predictor(images) for predictor in predictors]
        logits.append(np.asarray(rows, np.float32))
    logits = np.concatenate(logits, axis=1)
    np.save(task["target"], logits)
    return {
        "records_in": read,
        "records_out": logits.shape[1],
        "sha256": shards.file_sha256(task["target"]),
    }


@functools.lru_cache(maxsize=_KEPT)
def _predictor(uri, seed, sha256, image_shape):
    """Loads a model once a process; other content is another model."""
    if _digest(uri, seed) != sha256:
        raise InputError(
            f"The model in {uri} must be the same for all workers, one of "
            "them sees another file. Put pipeline_root on a file system that "
            "all workers share, and do not change it during a run."
        )
    return Predictor(model_files.load(uri, seed), image_shape)


def _digest(uri, seed):
    path = os.path.join(uri, model_files.path_of(seed))
    try:
        return shards.file_sha256(path)
    except OSError as error:
        raise InputError(
            f"A Model artifact must hold {path}: {error}. Run the component "
            "that wrote it again."
        ) from error
