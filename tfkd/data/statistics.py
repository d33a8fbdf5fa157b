"""Statistics of examples in tensorflow_metadata's protos, shard by shard."""

import math
import os

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from tfkd.data import records
from tfkd.data import shards
from tfkd.errors import InputError

MAX_BUCKETS = 32
FILE = "FeatureStats.pb"


def compute(examples_uri, uri, *, make_pipeline, work_dir, progress=None):
    """Computes the statistics of every split through Beam and writes them.

    Args:
        examples_uri: `Examples` directory.
        uri: `ExampleStatistics` directory to write to.
        make_pipeline: Returns a new Beam pipeline.
        work_dir: Scratch directory, seen by all Beam workers.
        progress: Called as `progress(done, total)` shards.

    Returns:
        Split to number of examples.

    Raises:
        InputError: If a file is damaged or has another number of records than
            `dataset.json` says.
    """
    info = records.read_info(examples_uri)
    described = {key: info[key] for key in ("image_dtype", "value_range")}
    tasks = [
        {"split": split, "source": path, "count": count, **described}
        for split in info["splits"]
        for path, count in records.shards(examples_uri, split, info)
    ]
    reports = shards.map_shards(
        make_pipeline(), partial, tasks, work_dir, progress=progress
    )
    sizes = {}
    for split, entry in info["splits"].items():
        merged = merge(
            [r["sums"] for t, r in zip(tasks, reports) if t["split"] == split]
        )
        if merged["num_examples"] != entry["num_examples"]:
            raise InputError(
                f"Split {split!r} must have {entry['num_examples']} examples "
                f"as dataset.json says, {merged['num_examples']} were read. "
                "Run ExampleGen again."
            )
        write(uri, split, to_proto(merged, info, split))
        sizes[split] = merged["num_examples"]
    return sizes


def bucket_edges(dtype, value_range):
    """Returns the edges of the pixel histogram, (buckets + 1,)."""
    low, high = value_range
    if dtype == "uint8":
        # One bucket a value where that is few enough.
        values = int(high - low) + 1
        return np.linspace(low, high + 1, min(values, MAX_BUCKETS) + 1)
    return np.linspace(low, max(high, np.nextafter(low, np.inf)), 33)


def partial(task):
    """Reads one shard and reports its sums, counts and histogram."""
    edges = bucket_edges(task["image_dtype"], task["value_range"])
    result = _empty(len(edges) - 1)
    for batch in records.read_shard(task["source"], task["count"]):
        pixels = np.frombuffer(b"".join(batch["image"]), task["image_dtype"])
        _add_pixels(result, pixels, edges)
        values, counts = np.unique(batch["label"], return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist()):
            key = str(value)
            result["labels"][key] = result["labels"].get(key, 0) + count
        lengths = [len(id) for id in batch["example_id"]]
        result["id_bytes"] += sum(lengths)
        result["num_examples"] += len(lengths)
        result["pixel_counts"] = _extremes(
            result["pixel_counts"],
            [len(image) for image in batch["image"]],
            np.dtype(task["image_dtype"]).itemsize,
        )
    return {
        "records_in": result["num_examples"],
        "records_out": sum(result["labels"].values()),
        "sha256": shards.json_sha256(result),
        "sums": result,
    }


def _empty(buckets):
    return {
        "num_examples": 0,
        "labels": {},
        "id_bytes": 0,
        # Smallest and largest number of pixel values an image.
        "pixel_counts": None,
        "pixels": dict.fromkeys(("count", "zeros", "nan", "inf"), 0),
        "sums": [],
        "squares": [],
        "range": None,
        "histogram": [0] * buckets,
    }


def _extremes(known, sizes, itemsize):
    found = [size // itemsize for size in sizes] + (known or [])
    return [min(found), max(found)]


def _add_pixels(result, pixels, edges):
    counts = result["pixels"]
    finite = pixels[np.isfinite(pixels)].astype(np.float64)
    counts["count"] += pixels.size
    counts["zeros"] += int((pixels == 0).sum())
    counts["nan"] += int(np.isnan(pixels).sum())
    counts["inf"] += int(np.isinf(pixels).sum())
    if not finite.size:
        return
    result["sums"].append(float(finite.sum()))
    result["squares"].append(float(np.square(finite).sum()))
    extremes = [float(finite.min()), float(finite.max())]
    known = result["range"] or []
    result["range"] = [min(extremes + known), max(extremes + known)]
    # Values outside the declared range count in the outer buckets.
    inside = np.clip(finite, edges[0], edges[-1])
    found = np.histogram(inside, edges)[0].tolist()
    result["histogram"] = [a + b for a, b in zip(result["histogram"], found)]


def merge(partials):
    """Adds up partial results of one split, at least one."""
    merged = _empty(len(partials[0]["histogram"]))
    for part in partials:
        for key in ("num_examples", "id_bytes"):
            merged[key] += part[key]
        for key in ("sums", "squares"):
            merged[key] = merged[key] + part[key]
        for key in ("labels", "pixels"):
            for name, value in part[key].items():
                merged[key][name] = merged[key].get(name, 0) + value
        for key in ("range", "pixel_counts"):
            both = (merged[key] or []) + (part[key] or [])
            merged[key] = [min(both), max(both)] if both else None
        pairs = zip(merged["histogram"], part["histogram"])
        merged["histogram"] = [a + b for a, b in pairs]
    return merged


def to_proto(merged, info, split):
    """Builds the `DatasetFeatureStatisticsList` of a merged result."""
    result = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = result.datasets.add(
        name=split, num_examples=merged["num_examples"]
    )
    _add_image(dataset, merged, info)
    _add_label(dataset, merged, info)
    feature = _add_feature(dataset, "example_id", "STRING")
    count = merged["num_examples"]
    _set_common(feature.string_stats.common_stats, count, [1, 1], count)
    if count:
        feature.string_stats.avg_length = merged["id_bytes"] / count
    return result


def _add_feature(dataset, name, kind):
    kind = statistics_pb2.FeatureNameStatistics.Type.Value(kind)
    feature = dataset.features.add(type=kind)
    feature.path.step.append(name)
    return feature


def _set_common(common, num_examples, num_values, total):
    common.num_non_missing = num_examples
    common.min_num_values, common.max_num_values = num_values or [0, 0]
    common.tot_num_values = total
    common.avg_num_values = total / num_examples if num_examples else 0


def _add_image(dataset, merged, info):
    kind = "INT" if info["image_dtype"] == "uint8" else "FLOAT"
    feature = _add_feature(dataset, "image", kind)
    pixels, stats = merged["pixels"], feature.num_stats
    _set_common(
        stats.common_stats,
        merged["num_examples"],
        merged["pixel_counts"],
        pixels["count"],
    )
    edges = bucket_edges(info["image_dtype"], info["value_range"])
    histogram = stats.histograms.add(num_nan=pixels["nan"])
    for low, high, n in zip(edges, edges[1:], merged["histogram"]):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=n)
    stats.num_zeros = pixels["zeros"]
    finite = pixels["count"] - pixels["nan"] - pixels["inf"]
    if finite:
        stats.mean = math.fsum(merged["sums"]) / finite
        variance = math.fsum(merged["squares"]) / finite - stats.mean**2
        stats.std_dev = math.sqrt(max(variance, 0.0))
        stats.min, stats.max = merged["range"]
        stats.median = _median(merged["histogram"], edges, kind)
    numbers = dict(zip(("height", "width", "channels"), info["image_shape"]))
    numbers |= dict(zip(("range_low", "range_high"), info["value_range"]))
    numbers["num_inf"] = pixels["inf"]
    for name, value in numbers.items():
        feature.custom_stats.add(name=name, num=value)


def _median(counts, edges, kind):
    """Returns the median to the precision of the histogram."""
    bucket = int(np.searchsorted(np.cumsum(counts), sum(counts) / 2))
    if kind == "INT" and edges[1] - edges[0] == 1:
        return edges[bucket]
    return (edges[bucket] + edges[bucket + 1]) / 2


def _add_label(dataset, merged, info):
    feature = _add_feature(dataset, "label", "INT")
    stats, count = feature.num_stats, merged["num_examples"]
    _set_common(stats.common_stats, count, [1, 1], count)
    values = np.array([int(key) for key in merged["labels"]], np.float64)
    counts = np.array(list(merged["labels"].values()), np.float64)
    if count:
        stats.mean = float(values @ counts / count)
        squares = float((values - stats.mean) ** 2 @ counts)
        stats.std_dev = math.sqrt(squares / count)
        stats.min, stats.max = values.min(), values.max()
        order = np.argsort(values)
        middle = np.searchsorted(np.cumsum(counts[order]), count / 2)
        stats.median = values[order][middle]
    stats.num_zeros = merged["labels"].get("0", 0)
    per_class = feature.custom_stats.add(name="examples_per_class")
    for label, name in enumerate(info["class_names"]):
        per_class.rank_histogram.buckets.add(
            low_rank=label,
            high_rank=label,
            label=name,
            sample_count=merged["labels"].get(str(label), 0),
        )


def write(uri, split, proto):
    """Writes `Split-<split>/FeatureStats.pb`."""
    folder = os.path.join(uri, f"Split-{split}")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, FILE), "wb") as file:
        file.write(proto.SerializeToString(deterministic=True))


def read(uri, split):
    """Reads a split's `DatasetFeatureStatistics`.

    Raises:
        InputError: If there are none.
    """
    path = os.path.join(uri, f"Split-{split}", FILE)
    if not os.path.isfile(path):
        raise InputError(
            f"There are no statistics at {path}. Run StatisticsGen again."
        )
    with open(path, "rb") as file:
        proto = statistics_pb2.DatasetFeatureStatisticsList.FromString(
            file.read()
        )
    return proto.datasets[0]


def feature(stats, name):
    """Returns one feature's statistics and its custom numbers, by name."""
    for found in stats.features:
        if found.path.step == [name]:
            return found, {c.name: c.num for c in found.custom_stats}
    raise InputError(f"The statistics must have the feature {name!r}.")


def class_counts(stats):
    """Returns class name to number of examples, in the order of the labels."""
    label, _ = feature(stats, "label")
    for custom in label.custom_stats:
        if custom.name == "examples_per_class":
            buckets = custom.rank_histogram.buckets
            return {b.label: int(b.sample_count) for b in buckets}
    raise InputError("The label's statistics must have examples_per_class.")
