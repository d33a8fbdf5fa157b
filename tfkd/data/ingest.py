"""From a source to `Examples`: splits are planned, then shards written."""

import os

import numpy as np

from tfkd.data import readers
from tfkd.data import records
from tfkd.data import shards
from tfkd.data import splits
from tfkd.errors import InputError

EVAL_FRACTION = 0.15
TEST_FRACTION = 0.2
# What a shard's writer must know of the whole.
DESCRIBED = ("image_shape", "image_dtype", "value_range")


def ingest(source, uri, *, num_shards, make_pipeline, work_dir, progress=None):
    """Writes all splits of a source.

    Args:
        source: The checked `source` dict of `ExampleGen`.
        uri: `Examples` directory to write to.
        num_shards: Files a split, fewer where it has fewer examples.
        make_pipeline: Returns a new Beam pipeline.
        work_dir: Scratch directory, seen by all Beam workers.
        progress: Called as `progress(done, total)` shards.

    Returns:
        The content of `dataset.json`.

    Raises:
        InputError: If the data is missing, damaged, or has an empty split.
        RuntimeError: If examples got lost or repeated on the way.
    """
    reader = readers.open_reader(source, f"{work_dir}/prepared")
    reader.check()
    info = reader.describe()
    tasks = plan(reader, source, uri, num_shards, info["class_names"])
    for task in tasks:
        task |= {"source": dict(source), "work_dir": reader.work_dir}
        task |= {key: info[key] for key in DESCRIBED}
    reports = shards.map_shards(
        make_pipeline(),
        write_task,
        tasks,
        f"{work_dir}/shards",
        target="target",
        progress=progress,
    )
    entries = _split_entries(tasks, reports)
    value_range = info["value_range"] or _observed(tasks, reports)
    info |= {
        "name": reader.name,
        "num_classes": len(info["class_names"]),
        "value_range": list(value_range),
        "splits": entries,
    }
    records.write_info(uri, info)
    return info


def plan(reader, source, uri, num_shards, class_names):
    """Assigns every example to a split and a shard.

    Returns:
        A list of {"split", "from_split", "target", "count", "positions",
        "ids", "labels", "keys", "digests"}: a shard, and where its examples
        are in the source.

    Raises:
        InputError: If a split is empty, or a label is no class.
    """
    tasks = []
    for split, (origin, rows, ids, mask) in _assign(
        reader, source, class_names
    ).items():
        labels = np.asarray(rows.labels)
        maximum = source.get("max_examples")
        if isinstance(maximum, dict):
            maximum = maximum.get(split)
        chosen = np.flatnonzero(mask)
        kept = splits.take_at_most(
            [ids[i] for i in chosen], labels[chosen], maximum, "max_examples"
        )
        chosen = chosen[kept].tolist()
        if not chosen:
            raise InputError(
                f"Every split must have examples, {split!r} of "
                f"{reader.name!r} has none. Give it examples, or let it be "
                "taken from train (source.eval_fraction, test_fraction)."
            )
        count = min(num_shards, len(chosen))
        for number, part in enumerate(np.array_split(chosen, count)):
            positions = part.tolist()
            tasks.append(
                {
                    "split": split,
                    "from_split": origin,
                    "target": records.shard_path(uri, split, number, count),
                    "count": len(positions),
                    "positions": positions,
                    "ids": [ids[i] for i in positions],
                    "labels": [rows.labels[i] for i in positions],
                    "keys": [rows.keys[i] for i in positions],
                    "digests": [rows.digests[i] for i in positions],
                }
            )
    return tasks


def _assign(reader, source, class_names):
    """Returns split to (source's split, its rows, ids, mask of rows)."""
    result = {}
    refuse_ignored(source, reader.splits())
    for split in reader.splits():
        rows = reader.rows(split)
        check_labels(rows, f"split {split!r}", class_names)
        ids = [splits.example_id(reader.name, key) for key in rows.keys]
        result[split] = (split, rows, ids, np.ones(len(ids), bool))
    fractions = {
        "test": source.get("test_fraction") or TEST_FRACTION,
        "eval": source.get("eval_fraction") or EVAL_FRACTION,
    }
    _, rows, ids, free = result["train"]
    for split, fraction in fractions.items():
        if split in result:
            continue
        left = np.flatnonzero(free)
        taken = splits.take_fraction(
            [ids[i] for i in left],
            [rows.labels[i] for i in left],
            # Copies of an image stay together, so that none leaks.
            [rows.digests[i] for i in left],
            fraction,
            split,
        )
        mask = np.zeros(len(ids), bool)
        mask[left[taken]] = True
        free = free & ~mask
        result[split] = ("train", rows, ids, mask)
    result["train"] = ("train", rows, ids, free)
    order = ("train", "eval", "test")
    return {split: result[split] for split in order}


def check_labels(rows, where, class_names):
    """Checks that every label is the number of a class.

    Args:
        rows: `Rows` of a split.
        where: What to call them.
        class_names: Names of all classes.

    Raises:
        InputError: If one is not; names the first.
    """
    last = len(class_names) - 1
    bad = [i for i, n in enumerate(rows.labels) if not 0 <= n <= last]
    if bad:
        raise InputError(
            f"Labels must be class numbers from 0 to {last}; in {where}, "
            f"{len(bad)} of {len(rows.labels)} are others, the first is "
            f"{rows.labels[bad[0]]} of {rows.keys[bad[0]]!r}. Correct the "
            "labels, or name all classes in source.class_names."
        )


def refuse_ignored(source, own):
    """Checks that no fraction is given for a split that a source has.

    Args:
        source: The checked `source` dict.
        own: The splits that the source itself has.

    Raises:
        InputError: If one is: it would be ignored.
    """
    for split in own:
        fraction = source.get(f"{split}_fraction")
        if fraction is not None:
            raise InputError(
                f"source.{split}_fraction is for data without a split "
                f"{split!r} of their own, received {fraction} with data that "
                "have one. Leave it out."
            )


def write_task(task):
    """Writes one planned shard; returns its report and value range.

    Raises:
        InputError: If an image is not the one that was planned, of another
            shape, or has pixels outside of the range that is declared.
    """
    reader = readers.open_reader(task["source"], task["work_dir"])
    dtype = np.dtype(task["image_dtype"])
    low, high = np.inf, -np.inf
    read = 0

    def examples():
        nonlocal low, high, read
        images = reader.images(task["from_split"], task["positions"])
        keys = ("digests", "ids", "labels", "keys")
        columns = zip(images, *(task[key] for key in keys))
        for (found, image), digest, id, label, key in columns:
            if found != digest:
                raise readers.changed(key)
            read += 1
            image = image.astype(dtype, copy=False)
            if list(image.shape) != task["image_shape"]:
                raise InputError(
                    f"All images must have the shape {task['image_shape']}, "
                    f"{key} has {list(image.shape)}."
                )
            lowest, highest = _range(image)
            _check_range(lowest, highest, key, task)
            low, high = min(low, lowest), max(high, highest)
            yield records.to_example(id, image, label, key)
        if read < task["count"]:
            raise readers.changed(task["keys"][read])

    written = records.write_shard(task["target"], examples())
    return {
        "records_in": read,
        "records_out": written,
        "sha256": shards.file_sha256(task["target"]),
        "range": [low, high],
    }


def _range(image):
    """Returns the extremes of the finite pixels, infinite without any."""
    if image.dtype == np.uint8:
        return int(image.min()), int(image.max())
    finite = image[np.isfinite(image)]
    lowest = float(finite.min(initial=np.inf))
    return lowest, float(finite.max(initial=-np.inf))


def _check_range(lowest, highest, key, task):
    # Models scale by it, and export to int8 refuses training images that
    # leave it; of other images, ExampleValidator tells.
    if task["split"] != "train" or task["value_range"] is None:
        return
    # A pixel of 0.1 in float32 is a little more than 0.1.
    low, high = map(np.float32, task["value_range"])
    if lowest < low or highest > high:
        raise InputError(
            f"Pixels must be in the data set's value_range, {low:g} to "
            f"{high:g}; {key} has {lowest:g} to {highest:g}. Correct "
            "source.value_range or source.image_encoding, or the images."
        )


def _split_entries(tasks, reports):
    entries = {}
    for task, report in zip(tasks, reports):
        entry = entries.setdefault(
            task["split"], {"num_examples": 0, "shards": []}
        )
        count = report["records_out"]
        entry["num_examples"] += count
        file = os.path.basename(task["target"])
        entry["shards"].append({"file": file, "num_examples": count})
    return entries


def _observed(tasks, reports):
    ranges = [
        report["range"]
        for task, report in zip(tasks, reports)
        if task["split"] == "train"
    ]
    lows, highs = zip(*ranges)
    # All pixels NaN: any range will do, ExampleValidator refuses the data.
    if not np.isfinite([min(lows), max(highs)]).all():
        return 0.0, 1.0
    return min(lows), max(highs)
