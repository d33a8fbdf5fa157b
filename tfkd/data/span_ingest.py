"""`Examples` from spans, of which only new or changed ones are processed.

A span's shards are kept in a directory that outlives executions, under a name
that is made of the span's content and of all that decides how it is written.
The split of an example depends on its image alone: an old one stays where it
was, and copies in different nights stay together.
"""

import hashlib
import json
import os
import shutil
import uuid

import numpy as np

from tfkd.data import image_folder
from tfkd.data import ingest as ingest_lib
from tfkd.data import readers
from tfkd.data import records
from tfkd.data import shards
from tfkd.data import source as source_lib
from tfkd.data import spans
from tfkd.data import splits
from tfkd.errors import InputError

INDEX = "index.json"
SPLITS = ("train", "eval", "test")


def ingest(
    source,
    uri,
    *,
    num_shards,
    make_pipeline,
    work_dir,
    cache_dir,
    progress=None,
):
    """Writes all splits of a source with spans.

    Args:
        source: The checked `source` dict of `ExampleGen`.
        uri: `Examples` directory to write to.
        num_shards: Files a span and split.
        make_pipeline: Returns a new Beam pipeline.
        work_dir: Scratch directory, seen by all Beam workers.
        cache_dir: Directory of the spans that were processed before, on the
            file system of `uri`.
        progress: Called as `progress(done, total)` shards.

    Returns:
        The content of `dataset.json`; the newest span; the numbers of the
        spans that had to be processed.

    Raises:
        InputError: If the data is missing, damaged, or has an empty split.
        RuntimeError: If examples got lost or repeated on the way.
    """
    units = [_Unit(*found, work_dir) for found in spans.find(source)]
    classes = _classes(source, units)
    for unit in units:
        unit.locate(cache_dir, classes, num_shards)
    new = [unit for unit in units if unit.load() is None]
    tasks = [task for unit in new for task in unit.plan(classes, num_shards)]
    try:
        reports = shards.map_shards(
            make_pipeline(),
            ingest_lib.write_task,
            tasks,
            f"{work_dir}/shards",
            target="target",
            progress=progress,
        )
    except BaseException:
        for unit in new:
            unit.drop()
        raise
    for unit in new:
        unit.keep(tasks, reports)
    info = _assemble(source, uri, units, classes)
    return info, units[-1].span, [unit.span for unit in new]


class _Unit:
    """One span, and where its shards are kept.

    Args:
        span: Its number.
        name: Its text in the path.
        source: A source of this span alone.
        work_dir: Scratch directory.
    """

    def __init__(self, span, name, source, work_dir):
        source_lib.check(source)
        self.span = span
        self.name = name
        self.source = source
        self.index = None
        self._scratch = f"{work_dir}/span-{span}"
        self._reader = None

    @property
    def reader(self):
        """The reader of its source, opened when it is needed."""
        if self._reader is None:
            self._reader = readers.open_reader(self.source, self._scratch)
        return self._reader

    def locate(self, cache_dir, classes, num_shards):
        """Names the directory that holds it, if it was processed before."""
        place = spans.place(self.source)
        how = {k: v for k, v in self.source.items() if k != place}
        text = json.dumps(
            [
                self.name,
                source_lib.fingerprint(self.source),
                how,
                classes,
                num_shards,
            ],
            sort_keys=True,
        )
        key = hashlib.sha256(text.encode()).hexdigest()
        self.folder = os.path.join(cache_dir, key)
        self._partial = f"{self.folder}.{uuid.uuid4().hex}"

    def load(self):
        """Returns what is kept of it, None if that is nothing or damaged."""
        try:
            with open(os.path.join(self.folder, INDEX)) as file:
                index = json.load(file)
            for split, entries in index["splits"].items():
                for entry in entries:
                    path = self._path(self.folder, split, entry["file"])
                    if shards.file_sha256(path) != entry["sha256"]:
                        raise ValueError(f"{path} was changed")
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self.index = index
        return index

    def _path(self, folder, split, file):
        return os.path.join(folder, f"Split-{split}", file)

    def plan(self, classes, num_shards):
        """Returns the tasks that write its shards."""
        described = self.reader.describe()
        self.index = {
            "info": {k: described[k] for k in ("image_shape", "image_dtype")},
            "value_range": described["value_range"],
            "notes": described["notes"],
            "splits": {},
        }
        told = {key: described[key] for key in ingest_lib.DESCRIBED}
        names = described["class_names"]
        tasks = []
        for split, origin, rows, chosen in self._assigned(names):
            labels = [names[label] for label in rows.labels]
            keys = [f"{self.name}/{key}" for key in rows.keys]
            count = min(num_shards, len(chosen))
            for number, part in enumerate(np.array_split(chosen, count)):
                positions = part.tolist()
                found = [keys[i] for i in positions]
                target = records.shard_path(self._partial, split, number, count)
                tasks.append(
                    {
                        **told,
                        "span": self.span,
                        "split": split,
                        "from_split": origin,
                        "target": target,
                        "count": len(positions),
                        "positions": positions,
                        "ids": [
                            splits.example_id(self.reader.name, key)
                            for key in found
                        ],
                        "labels": [classes.index(labels[i]) for i in positions],
                        "keys": found,
                        "digests": [rows.digests[i] for i in positions],
                        "source": dict(self.source),
                        "work_dir": self.reader.work_dir,
                    }
                )
        return tasks

    def _assigned(self, class_names):
        """Yields split, the source's split, its rows, positions in them."""
        own = self.reader.splits()
        ingest_lib.refuse_ignored(self.source, own)
        for split in own:
            rows = self.reader.rows(split)
            where = f"split {split!r} of span {self.name}"
            ingest_lib.check_labels(rows, where, class_names)
            if split != "train":
                yield split, split, rows, np.arange(len(rows.keys))
                continue
            parts = self._by_image(rows, [s for s in SPLITS if s not in own])
            for name, chosen in parts.items():
                if len(chosen):
                    yield name, "train", rows, chosen

    def _by_image(self, rows, missing):
        """Returns split to positions: a function of each image alone."""
        fractions = splits.hash_fractions(rows.digests, "split")
        test = self.source.get("test_fraction") or ingest_lib.TEST_FRACTION
        test *= "test" in missing
        evaluation = (
            self.source.get("eval_fraction") or ingest_lib.EVAL_FRACTION
        )
        evaluation *= ("eval" in missing) * (1 - test)
        bounds = np.searchsorted(
            [test, test + evaluation], fractions, side="right"
        )
        names = ("test", "eval", "train")
        return {
            name: np.flatnonzero(bounds == number)
            for number, name in enumerate(names)
        }

    def drop(self):
        """Removes the shards that are not kept."""
        shutil.rmtree(self._partial, ignore_errors=True)

    def keep(self, tasks, reports):
        """Moves its shards to where the next night finds them."""
        for task, report in zip(tasks, reports):
            if task["span"] == self.span:
                self.index["splits"].setdefault(task["split"], []).append(
                    {
                        "file": os.path.basename(task["target"]),
                        "num_examples": report["records_out"],
                        "sha256": report["sha256"],
                        "range": report["range"],
                    }
                )
        os.makedirs(self._partial, exist_ok=True)
        with open(os.path.join(self._partial, INDEX), "w") as file:
            json.dump(self.index, file, indent=1, sort_keys=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            os.rename(self._partial, self.folder)
        except OSError:
            # Another run has made the same in the meantime.
            self.drop()

    def files(self, split):
        """Returns path and entry of its shards of a split."""
        return [
            (self._path(self.folder, split, entry["file"]), entry)
            for entry in self.index["splits"].get(split, ())
        ]


def _classes(source, units):
    """Returns the names of all classes; a label counts within these."""
    if source.get("class_names"):
        return list(source["class_names"])
    found = {
        name for unit in units for name in unit.reader.describe()["class_names"]
    }
    if len(found) < 2:
        raise InputError(
            f"At least two classes must be in these {len(units)} spans, there "
            f"are {sorted(found)}. Take more of them (source.num_spans)."
        )
    names = sorted(found)
    image_folder.check_names(names)
    return names


def _assemble(source, uri, units, classes):
    """Links the shards of all spans into one directory, and describes it."""
    entries = {}
    for split in SPLITS:
        found = [item for unit in units for item in unit.files(split)]
        if not found:
            raise InputError(
                f"Every split must have examples, {split!r} of these "
                f"{len(units)} spans has none. Take more of them "
                "(source.num_spans), or change source.eval_fraction and "
                "test_fraction."
            )
        entry = {"num_examples": 0, "shards": []}
        for number, (path, kept) in enumerate(found):
            target = records.shard_path(uri, split, number, len(found))
            _link(path, target)
            count = kept["num_examples"]
            entry["num_examples"] += count
            entry["shards"].append(
                {"file": os.path.basename(target), "num_examples": count}
            )
        entries[split] = entry
    first = units[0].index
    value_range = first["value_range"] or _observed(units)
    info = {
        **first["info"],
        "name": source.get("name") or source["kind"],
        "notes": first["notes"],
        "class_names": classes,
        "num_classes": len(classes),
        "value_range": list(value_range),
        "splits": entries,
    }
    records.write_info(uri, info)
    return info


def _observed(units):
    ranges = [
        entry["range"] for unit in units for _, entry in unit.files("train")
    ]
    lows, highs = zip(*ranges)
    if not np.isfinite([min(lows), max(highs)]).all():
        return 0.0, 1.0
    return min(lows), max(highs)


def _link(path, target):
    """Makes a file appear in another place, without a copy if it can be."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
