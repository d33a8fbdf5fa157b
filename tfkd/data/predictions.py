"""A teacher's outputs on disk, beside the examples they belong to.

A `TeacherPredictions` directory holds `predictions.json` and, for each shard of
the `Examples` and each view of its images, one file with the same examples in
the same order; see `prediction_blocks`. An entry is found by example id, view
and the teacher's hash. `load` takes a split into memory, `dataset` streams it
together with its examples.
"""

import json
import os

import numpy as np
import tensorflow as tf

from tfkd import teachers
from tfkd.data import augment
from tfkd.data import paths
from tfkd.data import prediction_blocks
from tfkd.data import records
from tfkd.data import shards
from tfkd.data import stored
from tfkd.data import tap_formats
from tfkd.errors import InputError

VERSION = 2
# Of which images are augmented; the others are for measuring.
AUGMENTED = "train"


def write_info(uri, *, teacher_hash, taps, splits, block, augmentation=None):
    """Writes `predictions.json`.

    Args:
        uri: `TeacherPredictions` directory.
        teacher_hash: Hash of the teacher that made them.
        taps: Tap name to its format's `to_json()`.
        splits: Split to {"num_examples", "views": [[{"file", "num_examples",
            "sha256"}]]}: of each view each shard.
        block: Examples a record; the last one of a file may have fewer.
        augmentation: Policy of the views of the `AUGMENTED` split.
    """
    info = {
        "version": VERSION,
        "teacher_hash": teacher_hash,
        "taps": taps,
        "splits": splits,
        "block": block,
        "augmentation": augmentation,
    }
    with open(os.path.join(uri, "predictions.json"), "w") as file:
        json.dump(info, file, indent=1, sort_keys=True)


def read_info(uri):
    """Reads `predictions.json`.

    Raises:
        InputError: If there is none that can be read, or it is of another
            version.
    """
    path = os.path.join(uri, "predictions.json")
    try:
        with open(path) as file:
            info = json.load(file)
    except (OSError, ValueError) as error:
        raise InputError(
            f"A TeacherPredictions directory must hold a readable "
            f"predictions.json; reading {path} gave: {error}. Run "
            "TeacherPredictions again."
        ) from None
    if info.get("version", 1) != VERSION:
        raise InputError(
            f"{path} must be of version {VERSION}, it is of version "
            f"{info.get('version', 1)}. Run TeacherPredictions again."
        )
    return info


def check_teacher(uri, teacher_hash):
    """Checks whose predictions they are.

    Raises:
        InputError: If another teacher made them.
    """
    found = read_info(uri)["teacher_hash"]
    if found != teacher_hash:
        raise InputError(
            "The cached predictions must be those of this teacher "
            f"({teacher_hash[:12]}); they were made by {found[:12]}. "
            "Run TeacherPredictions with the teacher given here."
        )


def teacher(uri):
    """Returns a `CachedTeacher` in place of the teacher that is stored here."""
    taps = read_info(uri)["taps"]
    return teachers.CachedTeacher(
        {name: entry["shape"] for name, entry in taps.items()}
    )


def verify(uri, split):
    """Checks the SHA-256 of every file of a split.

    Raises:
        InputError: Naming a file that is missing or was changed.
    """
    for view in _Split(uri, split).views:
        for path, entry in view:
            try:
                whole = shards.file_sha256(path) == entry["sha256"]
            except FileNotFoundError:
                whole = False
            if not whole:
                raise InputError(
                    f"{path} must have the SHA-256 that predictions.json "
                    f"records, {entry['sha256'][:12]}; it is missing or was "
                    "changed. Run TeacherPredictions again."
                )


def load(uri, split):
    """Loads a split's predictions into memory, encoded as they are.

    Args:
        uri: `TeacherPredictions` directory.
        split: Name of the split.

    Returns:
        A `Stored`.

    Raises:
        InputError: If there is no such split, or files are damaged.
    """
    verify(uri, split)
    source = _Split(uri, split)
    views = len(source.views) if source.policy else None
    ids = np.empty(source.count, object)
    arrays = prediction_blocks.empty(source.fields, source.count, views)
    for number, view in enumerate(source.views):
        start = 0
        for path, entry in view:
            for block in source.read(path, entry["num_examples"]):
                names = block.pop(prediction_blocks.ID)
                rows = slice(start, start + len(names))
                ids[rows] = [name.decode() for name in names]
                for name, values in block.items():
                    place = rows if views is None else (rows, number)
                    arrays[name][place] = values
                start = rows.stop
    seeds = arrays.pop(prediction_blocks.SEED, None)
    prints = arrays.pop(prediction_blocks.FINGERPRINT)
    return stored.Stored(
        ids=ids.astype(str),
        fingerprints=prints if views is None else prints[:, 0],
        formats=source.formats,
        fields=arrays,
        policy=source.policy,
        seeds=seeds,
    )


def dataset(
    uri, split, examples, *, batch_size, teacher_hash=None, shuffle=0, seed=0
):
    """Streams a split: batches of images, stored predictions and labels.

    Nothing is held in memory but a few batches and the shuffle buffer, in
    which images are raw and predictions encoded. Where images are augmented,
    all views follow one another: with `repeat()` and `steps_per_epoch`
    batches a view, epoch e sees view e mod N.

    Args:
        uri: `TeacherPredictions` directory.
        split: Name of the split.
        examples: Directory of the `Examples` that they were made of.
        batch_size: Examples a batch; the last one of a view may have fewer.
        teacher_hash: Hash of the teacher that must have made them; checked
            when given.
        shuffle: Examples in the shuffle buffer, 0 for the order on disk.
        seed: Seed of the shuffling, which is another one in each pass.

    Returns:
        A `tf.data.Dataset` of `(x, y)`: x = {"student": float32 images,
        "cached": {tap: float32}}, y = int64 labels.

    Raises:
        InputError: If files are damaged, or the teacher or the examples are
            others.
    """
    if teacher_hash is not None:
        check_teacher(uri, teacher_hash)
    verify(uri, split)
    source = _Split(uri, split)
    info = records.read_info(examples)
    files = records.shards(examples, split, info)
    source.check_counts(files, examples)

    def view(number):
        blocks = _zipped(source, number, files)
        if shuffle:
            rows = blocks.unbatch().shuffle(shuffle, seed + number)
            return rows.batch(batch_size)
        return blocks.rebatch(batch_size)

    _probe(source, _zipped(source, 0, files))
    batches = view(0)
    for number in range(1, len(source.views)):
        batches = batches.concatenate(view(number))
    steps = len(source.views) * -(-source.count // batch_size)
    return (
        batches.map(lambda row: _to_batch(row, source, info))
        .apply(tf.data.experimental.assert_cardinality(steps))
        .prefetch(tf.data.AUTOTUNE)
    )


class _Split:
    """One split of a `TeacherPredictions` directory."""

    def __init__(self, uri, split):
        info = read_info(uri)
        if split not in info["splits"]:
            raise InputError(
                f"There is no split {split!r} in {uri}; it has "
                f"{', '.join(map(repr, info['splits']))}."
            )
        entry = info["splits"][split]
        folder = paths.inside(uri, f"Split-{split}")
        self.uri, self.name = uri, split
        self.count = entry["num_examples"]
        self.block = info["block"]
        self.policy = info["augmentation"] if split == AUGMENTED else None
        self.views = [
            [(paths.inside(folder, shard["file"]), shard) for shard in view]
            for view in entry["views"]
        ]
        self.formats = tap_formats.from_json(info["taps"])
        self.fields = prediction_blocks.fields_of(
            self.formats, self.policy is not None
        )
        self.mismatch = (
            f"The predictions in {uri} belong to other examples, or to other "
            "images of them. Run TeacherPredictions on these examples."
        )
        self.compression = prediction_blocks.compression(
            [tap.kind for tap in self.formats]
        )

    def read(self, path, count):
        return prediction_blocks.read_shard(
            path, count, self.fields, self.compression
        )

    def check_counts(self, files, examples):
        """Checks that examples lie in shards of the same lengths."""
        expected = [count for _, count in files]
        found = [entry["num_examples"] for _, entry in self.views[0]]
        if expected != found:
            raise InputError(
                f"The predictions in {self.uri} must belong to the examples "
                f"in {examples}, whose split {self.name!r} has shards of "
                f"{expected} examples; they are of {found}. Run "
                "TeacherPredictions on these examples."
            )


def _zipped(source, view, files):
    """Returns blocks of raw examples with their predictions, one view.

    Blocks begin anew with each file, so files are zipped one by one.
    """
    files = tf.data.Dataset.from_tensor_slices(
        (
            [path for path, _ in files],
            [path for path, _ in source.views[view]],
        )
    )

    def read(example_file, prediction_file):
        examples = tf.data.TFRecordDataset(example_file, "GZIP")
        found = tf.data.TFRecordDataset(prediction_file, source.compression)
        return tf.data.Dataset.zip((examples.batch(source.block), found))

    parse = prediction_blocks.parser(source.fields)

    def join(examples, serialized):
        examples, block = records.parse(examples), parse(serialized)
        prints = prediction_blocks.fingerprints(
            examples["example_id"], examples["image"]
        )
        tf.debugging.assert_equal(
            prints,
            block.pop(prediction_blocks.FINGERPRINT),
            source.mismatch,
        )
        return {**examples, **block}

    return files.flat_map(read).map(join, tf.data.AUTOTUNE)


def _probe(source, blocks):
    """Tells a user at once what a stream would tell in the midst of `fit`."""
    try:
        next(iter(blocks.take(1)), None)
    except tf.errors.InvalidArgumentError as error:
        if source.mismatch in error.message:
            raise InputError(source.mismatch) from None
        raise


def _to_batch(row, source, info):
    images = records.decode(row["image"], info)
    if source.policy is not None:
        images = augment.view(
            images, row[prediction_blocks.SEED], source.policy
        )
    cached = {tap.tap: tap.decode(row) for tap in source.formats}
    return {"student": images, "cached": cached}, row["label"]
