"""Writes a `TeacherPredictions` directory without a teacher."""

import hashlib
import pathlib

import numpy as np

from tfkd.data import augment
from tfkd.data import prediction_blocks
from tfkd.data import prediction_settings
from tfkd.data import predictions
from tfkd.data import tap_formats

BLOCK = 4


def write(
    uri,
    ids,
    images,
    logits,
    *,
    policy=None,
    num_shards=3,
    teacher_hash="a" * 64,
    **settings,
):
    """Stores logits of a train split, 10 more in each further view."""
    uri = str(uri)
    pathlib.Path(uri).mkdir(exist_ok=True)
    settings = prediction_settings.complete_format(**settings)
    formats = tap_formats.create(settings, {"logits": logits.shape[1:]})
    compression = prediction_blocks.compression([settings["format"]])
    parts = np.array_split(np.arange(len(ids)), num_shards)
    views = []
    for view in range(policy["views"] if policy else 1):
        views.append([])
        for number, rows in enumerate(parts):
            path = prediction_blocks.shard_path(
                *(uri, "train", number, num_shards),
                view=view if policy else None,
                compression=compression,
            )
            blocks = [
                _block(
                    [ids[row] for row in part],
                    [images[row].tobytes() for row in part],
                    formats[0].encode(logits[part] + np.float32(10 * view)),
                    view,
                    policy,
                )
                for part in np.split(rows, range(BLOCK, len(rows), BLOCK))
            ]
            prediction_blocks.write_shard(path, blocks, compression)
            content = pathlib.Path(path).read_bytes()
            views[-1].append(
                {
                    "file": path.rpartition("/")[2],
                    "num_examples": len(rows),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
    predictions.write_info(
        uri,
        teacher_hash=teacher_hash,
        taps={tap.tap: tap.to_json() for tap in formats},
        splits={"train": {"num_examples": len(ids), "views": views}},
        block=BLOCK,
        augmentation=policy,
    )
    return uri


def _block(ids, pixels, fields, view, policy):
    prints = prediction_blocks.fingerprints(ids, pixels).numpy()
    block = {"example_id": ids, "fingerprint": prints, **fields}
    if policy:
        block["seed"] = augment.seeds(ids, policy["seed"], view)
    return block
