"""Anomalies of examples, in tensorflow_metadata's proto."""

import collections
import dataclasses
import hashlib
import os

import numpy as np
from tensorflow_metadata.proto.v0 import anomalies_pb2

from tfkd.data import records
from tfkd.data import schema as schema_lib
from tfkd.data import shards
from tfkd.data import statistics
from tfkd.errors import InputError

FILE = "SchemaDiff.pb"
# Offenders that a message names; their number is always told.
NAMED = 5
# Largest class over smallest class, from which on a warning is due.
IMBALANCE = 20


@dataclasses.dataclass
class Anomaly:
    """Something wrong with the examples of one split, or of two.

    Attributes:
        splits: The splits concerned.
        feature: "image", "label" or "example_id"; "" for the whole split.
        type: Name of an `AnomalyInfo.Type`.
        is_error: Whether it stops the run.
        text: What must hold and what was found.
        offenders: The first offending examples, described.
        count: Number of all offenders.
        advice: What to do.
    """

    splits: tuple
    feature: str
    type: str
    is_error: bool
    text: str
    offenders: list
    count: int
    advice: str

    def __str__(self):
        text = f"{' and '.join(self.splits)}: {self.text}"
        if self.offenders:
            named = ", ".join(self.offenders[:NAMED])
            more = self.count - len(self.offenders[:NAMED])
            text += f" ({self.count}: {named}"
            text += f" and {more} more)" if more else ")"
        return f"{text}. {self.advice}"


# Kind of offence to (feature, type, is error, what must hold, what to do).
_RULES = {
    "shape": (
        "image",
        "INVALID_FEATURE_SHAPE",
        True,
        "images must have as many bytes as the schema's shape needs",
        "Bring all images to one shape.",
    ),
    "not_finite": (
        "image",
        "FLOAT_TYPE_HAS_NAN",
        True,
        "pixels must be finite, these images have NaN or infinity",
        "Remove or repair them.",
    ),
    "far_range": (
        "image",
        "CUSTOM_VALIDATION",
        True,
        "pixels must be near the schema's range, these are farther outside "
        "than the range is wide",
        "Give all images the same scale.",
    ),
    "range": (
        "image",
        "CUSTOM_VALIDATION",
        False,
        "pixels should be in the schema's range",
        "Check that all images have the same scale.",
    ),
    "label": (
        "label",
        "CUSTOM_VALIDATION",
        True,
        "labels must be in the schema's range",
        "Correct the labels, or name all classes in source.class_names.",
    ),
}


def scan(examples_uri, rules, *, make_pipeline, work_dir, progress=None):
    """Compares every example with the schema, through Beam.

    Args:
        examples_uri: `Examples` directory.
        rules: A `Schema`.
        make_pipeline: Returns a new Beam pipeline.
        work_dir: Scratch directory, seen by all Beam workers.
        progress: Called as `progress(done, total)` shards.

    Returns:
        Split to its shards' reports (see `scan_shard`).
    """
    info = records.read_info(examples_uri)
    shape, dtype, pixel_range = schema_lib.image_domain(rules)
    labels = schema_lib.feature(rules, "label").int_domain
    tasks = [
        {
            "split": split,
            "source": path,
            "count": count,
            "shape": shape,
            "dtype": dtype,
            "range": pixel_range,
            "labels": [labels.min, labels.max],
        }
        for split in info["splits"]
        for path, count in records.shards(examples_uri, split, info)
    ]
    reports = shards.map_shards(
        make_pipeline(), scan_shard, tasks, work_dir, progress=progress
    )
    found = {split: [] for split in info["splits"]}
    for task, report in zip(tasks, reports):
        found[task["split"]].append(report)
    return found


def scan_shard(task):
    """Returns names and digests of a shard's examples, and its offenders.

    Returns:
        {"names": [...], "ids": [...], "digests": [...], "offences": {kind:
        [offender, ...]}}, where a name is an id with its key in the source,
        with the counts and the digest that `map_shards` checks.
    """
    report = {"names": [], "ids": [], "digests": []}
    offences = collections.defaultdict(list)
    read = 0
    for batch in records.read_shard(task["source"], task["count"]):
        read += len(batch["example_id"])
        columns = ("example_id", "source_key", "image", "label")
        for id, key, image, label in zip(*(batch[c] for c in columns)):
            name = id.decode() + (f" ({key.decode()})" if key else "")
            report["names"].append(name)
            report["ids"].append(id.decode())
            report["digests"].append(hashlib.sha256(image).hexdigest()[:32])
            for kind, detail in _offences(image, int(label), task):
                offences[kind].append(f"{name}: {detail}")
    report |= {"offences": offences}
    return report | {
        "records_in": read,
        "records_out": len(report["ids"]),
        "sha256": shards.json_sha256(report),
    }


def _offences(image, label, task):
    """Yields (kind, detail) of one example."""
    low, high = task["labels"]
    if not low <= label <= high:
        yield "label", f"{label} is not in {low} to {high}"
    dtype = np.dtype(task["dtype"])
    size = int(np.prod(task["shape"])) * dtype.itemsize
    if len(image) != size:
        yield "shape", f"{len(image)} bytes, not {size} for {task['shape']}"
        return
    pixels = np.frombuffer(image, dtype)
    bad = int((~np.isfinite(pixels)).sum())
    if bad:
        yield "not_finite", f"{bad} pixels"
        return
    smallest, largest = float(pixels.min()), float(pixels.max())
    low, high = task["range"]
    outside = max(low - smallest, largest - high)
    if outside > 0:
        kind = "far_range" if outside > high - low else "range"
        yield kind, f"{smallest:g} to {largest:g}, not {low:g} to {high:g}"


def check(findings, stats, rules):
    """Derives the anomalies from a scan.

    Args:
        findings: Result of `scan`.
        stats: Split to `DatasetFeatureStatistics`.
        rules: A `Schema`.

    Returns:
        A list of `Anomaly`, errors first.

    Raises:
        InputError: If the statistics belong to other examples.
    """
    anomalies = []
    for split, reports in findings.items():
        total = sum(len(report["ids"]) for report in reports)
        if stats[split].num_examples != total:
            raise InputError(
                f"The statistics must belong to these examples: split "
                f"{split!r} has {total}, the statistics count "
                f"{stats[split].num_examples}. Run StatisticsGen on them."
            )
        if not total:
            anomalies.append(_empty(split))
            continue
        anomalies += _rule_anomalies(split, reports)
        anomalies += _class_anomalies(split, stats[split])
    anomalies += _repeated_ids(findings)
    anomalies += _repeated_images(findings)
    return sorted(anomalies, key=lambda anomaly: not anomaly.is_error)


def _empty(split):
    return Anomaly(
        (split,),
        "",
        "DATASET_LOW_NUM_EXAMPLES",
        True,
        "a split must have examples, this one is empty",
        [],
        0,
        "Give it examples, or let ExampleGen take it from train.",
    )


def _rule_anomalies(split, reports):
    for kind, (feature, type_, is_error, text, advice) in _RULES.items():
        found = [o for r in reports for o in r["offences"].get(kind, ())]
        if found:
            yield Anomaly(
                (split,),
                feature,
                type_,
                is_error,
                text,
                found[:NAMED],
                len(found),
                advice,
            )


def _class_anomalies(split, stats):
    counts = statistics.class_counts(stats)
    present = {name: n for name, n in counts.items() if n}
    missing = [name for name in counts if not counts[name]]
    make = lambda *rest: Anomaly((split,), "label", *rest)  # noqa: E731
    if len(present) < 2:
        yield make(
            "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
            True,
            f"there must be examples of two classes or more, all are of "
            f"{', '.join(map(repr, present)) or 'none of the schema'}",
            [],
            0,
            "Add examples of the other classes.",
        )
    elif missing:
        yield make(
            "CUSTOM_VALIDATION",
            True,
            "every class must have examples in every split, classes without "
            "any",
            [repr(name) for name in missing[:NAMED]],
            len(missing),
            "Add examples, or leave these classes out.",
        )
    if present and max(present.values()) > IMBALANCE * min(present.values()):
        largest = max(present, key=present.get)
        smallest = min(present, key=present.get)
        yield make(
            "CUSTOM_VALIDATION",
            False,
            f"classes should be balanced, {largest!r} has {present[largest]} "
            f"examples and {smallest!r} {present[smallest]}",
            [],
            0,
            "Compare accuracies per class.",
        )


def _places(findings, column):
    """Maps each value of a column to the (split, name) pairs that have it."""
    places = collections.defaultdict(list)
    for split, reports in findings.items():
        for report in reports:
            for value, name in zip(report[column], report["names"]):
                places[value].append((split, name))
    return [found for found in places.values() if len(found) > 1]


def _by_splits(places):
    grouped = collections.defaultdict(list)
    for found in places:
        grouped[tuple(dict.fromkeys(split for split, _ in found))].append(
            " = ".join(name for _, name in found[:3])
        )
    return grouped.items()


def _repeated_ids(findings):
    for splits, named in _by_splits(_places(findings, "ids")):
        yield Anomaly(
            splits,
            "example_id",
            "FEATURE_TYPE_LOW_UNIQUE",
            True,
            "example ids must be unique, these occur more than once",
            named[:NAMED],
            len(named),
            "Give every record an id of its own, or none.",
        )


def _repeated_images(findings):
    for splits, named in _by_splits(_places(findings, "digests")):
        leaks = len(splits) > 1
        text = "the same image must not be in two splits, these are"
        advice = "Remove the copies from one split."
        if not leaks:
            text = "an image should occur once in a split, these occur again"
            advice = "Remove the copies if they are not meant."
        yield Anomaly(
            splits,
            "image",
            "CUSTOM_VALIDATION",
            leaks,
            text,
            named[:NAMED],
            len(named),
            advice,
        )


def to_proto(split, anomalies):
    """Builds the `Anomalies` proto of one split."""
    proto = anomalies_pb2.Anomalies(
        anomaly_name_format=anomalies_pb2.Anomalies.SERIALIZED_PATH
    )
    for anomaly in anomalies:
        if split not in anomaly.splits:
            continue
        if anomaly.feature:
            info = proto.anomaly_info[anomaly.feature]
            info.path.step[:] = [anomaly.feature]
        else:
            info = proto.dataset_anomaly_info
        severity = (
            anomalies_pb2.AnomalyInfo.ERROR
            if anomaly.is_error
            else anomalies_pb2.AnomalyInfo.WARNING
        )
        # ERROR is the larger number.
        info.severity = max(info.severity, severity)
        info.description = f"{info.description} {anomaly}".strip()
        info.short_description = info.short_description or anomaly.text
        info.reason.add(
            type=anomalies_pb2.AnomalyInfo.Type.Value(anomaly.type),
            short_description=anomaly.text,
            description=str(anomaly),
        )
    return proto


def write(uri, split, anomalies):
    """Writes `Split-<split>/SchemaDiff.pb`."""
    folder = os.path.join(uri, f"Split-{split}")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, FILE), "wb") as file:
        proto = to_proto(split, anomalies)
        file.write(proto.SerializeToString(deterministic=True))


def raise_errors(anomalies):
    """Raises the `InputError` that tells all errors, if there are any."""
    errors = [str(anomaly) for anomaly in anomalies if anomaly.is_error]
    if errors:
        raise InputError(
            "The examples are not fit for training:\n- " + "\n- ".join(errors)
        )
