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
    tasks = plan(reader, source, uri, num_shards)
    for task in tasks:
        task |= {"source": dict(source), "work_dir": reader.work_dir}
        task |= {key: info[key] for key in ("image_shape", "image_dtype")}
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


def plan(reader, source, uri, num_shards):
    """Assigns every example to a split and a shard.

    Returns:
        A list of {"split", "from_split", "target", "count", "positions",
        "ids", "labels", "keys"}: a shard, and where its examples are in the
        source.
    """
    tasks = []
    for split, (origin, rows, ids, mask) in _assign(reader, source).items():
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
                }
            )
    return tasks


def _assign(reader, source):
    """Returns split to (source's split, its rows, ids, mask of rows)."""
    result = {}
    refuse_ignored(source, reader.splits())
    for split in reader.splits():
        rows = reader.rows(split)
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
    """Writes one planned shard; returns its report and value range."""
    reader = readers.open_reader(task["source"], task["work_dir"])
    dtype = np.dtype(task["image_dtype"])
    low, high = np.inf, -np.inf
    read = 0

    def examples():
        nonlocal low, high, read
        images = reader.images(task["from_split"], task["positions"])
        columns = zip(images, task["ids"], task["labels"], task["keys"])
        for image, id, label, key in columns:
            read += 1
            image = image.astype(dtype, copy=False)
            if list(image.shape) != task["image_shape"]:
                raise InputError(
                    f"All images must have the shape {task['image_shape']}, "
                    f"{key} has {list(image.shape)}."
                )
            if dtype == np.float32:
                finite = image[np.isfinite(image)]
                low = min(low, float(finite.min(initial=np.inf)))
                high = max(high, float(finite.max(initial=-np.inf)))
            yield records.to_example(id, image, label, key)

    written = records.write_shard(task["target"], examples())
    return {
        "records_in": read,
        "records_out": written,
        "sha256": shards.file_sha256(task["target"]),
        "range": [low, high],
    }


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
