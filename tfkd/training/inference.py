"""Batch inference of one shard: what a Beam worker runs."""

import functools

import numpy as np

from tfkd.data import predictions
from tfkd.data import records
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training.predictor import Predictor

# Called as `listener(path)` after a shard, where runner and work share a
# process; a callback cannot travel to another one.
LISTENERS = {}


@functools.lru_cache(maxsize=1)
def _predictor(uri, model_hash, image_shape):
    """The predictor, loaded once a process; a changed hash reloads it."""
    model = model_files.load(uri)
    found = model_files.model_hash(model)
    if found != model_hash:
        raise InputError(
            f"The model in {uri} must have the hash {model_hash[:12]} that "
            f"its training.json records, it has {found[:12]}: the file was "
            "changed. Run the component that wrote it again."
        )
    return Predictor(model, image_shape)


def predict_shard(task):
    """Writes the teacher's logits for one shard of examples.

    Args:
        task: `model` (URI of the Model artifact), `model_hash`, `info`
            (the data set's), `source` and `target` (files), `count`
            (records), `batch_size`, and `listener` (key of `LISTENERS`).

    Returns:
        `{"count": records written}`.

    Raises:
        InputError: If a shard is damaged or a logit is not finite.
    """
    shape = tuple(task["info"]["image_shape"])
    predict = _predictor(task["model"], task["model_hash"], shape)
    ids, logits = [], []
    for batch in records.read_shard(task["source"], task["count"]):
        ids += [name.decode() for name in batch["example_id"]]
        images = np.asarray(records.decode(batch["image"], task["info"]))
        logits.append(predict(images, task["batch_size"]))
    classes = task["info"]["num_classes"]
    logits = np.concatenate([np.zeros((0, classes), np.float32), *logits])
    bad = ~np.isfinite(logits).all(axis=1)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            f"The teacher's logits must be finite; {int(bad.sum())} of "
            f"{len(ids)} examples of {task['source']} give NaN or infinity, "
            f"the first is {ids[first]}. Look for NaN pixels in it and for "
            "the right 'scale' of the teacher's input."
        )
    count = predictions.write_shard(task["target"], ids, logits)
    LISTENERS.get(task["listener"], lambda path: None)(task["source"])
    return {"count": count}
