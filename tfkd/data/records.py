"""Examples on disk: sharded, compressed TFRecords of `tf.Example`.

An `Examples` directory holds `dataset.json` and
`Split-<name>/data_tfrecord-<i>-of-<n>.gz`. Each example has `example_id`
(bytes), `image` (raw pixels in C order), `label` (int64) and `source_key`
(bytes: where it came from, for messages).
"""

import json
import os
import uuid

import numpy as np
import tensorflow as tf

from tfkd.data import paths
from tfkd.data import splits
from tfkd.errors import InputError

BATCH = 1024
SUBSET_SALT = "subset"


def to_example(example_id, image, label, source_key=""):
    """Builds the `tf.train.Example` of one image.

    Args:
        example_id: Stable id (str).
        image: Array (height, width, channels), uint8 or float32, or raw bytes.
        label: Class (int).
        source_key: Where the image came from (str).
    """
    if not isinstance(image, bytes):
        image = np.ascontiguousarray(image).tobytes()
    feature = tf.train.Feature
    strings = {
        "example_id": example_id.encode(),
        "image": image,
        "source_key": source_key.encode(),
    }
    features = {
        key: feature(bytes_list=tf.train.BytesList(value=[value]))
        for key, value in strings.items()
    }
    features["label"] = feature(
        int64_list=tf.train.Int64List(value=[int(label)])
    )
    return tf.train.Example(features=tf.train.Features(feature=features))


def shard_path(uri, split, shard, num_shards, stem="data_tfrecord"):
    """Returns the path of one shard file."""
    name = f"{stem}-{shard:05d}-of-{num_shards:05d}.gz"
    return os.path.join(uri, f"Split-{split}", name)


def write_shard(path, examples, compression="GZIP"):
    """Writes `tf.train.Example`s to one file, which appears when complete.

    Args:
        path: File to write.
        examples: Iterable of them.
        compression: `"GZIP"` or `""`.

    Returns:
        The number of examples.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = f"{path}.{uuid.uuid4().hex}"
    count = 0
    try:
        with tf.io.TFRecordWriter(partial, compression) as writer:
            for example in examples:
                # A fixed field order, so that equal data gives equal files.
                writer.write(example.SerializeToString(deterministic=True))
                count += 1
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.remove(partial)
        raise
    return count


def write_split(uri, split, ids, images, labels, num_shards=1):
    """Writes arrays as one split, in contiguous shards of about equal size.

    Args:
        uri: `Examples` directory.
        split: Name of the split.
        ids: Example ids (str).
        images: Array (examples, height, width, channels).
        labels: Classes (int).
        num_shards: Number of files.

    Returns:
        The split's entry for `dataset.json`.
    """
    shards = []
    for number, rows in enumerate(np.array_split(range(len(ids)), num_shards)):
        path = shard_path(uri, split, number, num_shards)
        examples = (to_example(ids[i], images[i], labels[i]) for i in rows)
        count = write_shard(path, examples)
        shards.append({"file": os.path.basename(path), "num_examples": count})
    return {"num_examples": len(ids), "shards": shards}


def write_info(uri, info):
    """Writes `dataset.json`."""
    with open(os.path.join(uri, "dataset.json"), "w") as file:
        json.dump(info, file, indent=1, sort_keys=True)


def read_info(uri):
    """Reads `dataset.json`.

    Returns:
        name, image_shape [h, w, c], image_dtype ("uint8" or "float32"),
        value_range [lo, hi], num_classes, class_names, notes and splits
        {split: {num_examples, shards: [{file, num_examples}]}}.

    Raises:
        InputError: If there is no readable `dataset.json`, or a split's name
            leads elsewhere.
    """
    path = os.path.join(uri, "dataset.json")
    try:
        with open(path) as file:
            info = json.load(file)
        known = isinstance(info, dict) and isinstance(info.get("splits"), dict)
        if not known:
            raise ValueError("it describes no splits")
    except (OSError, ValueError) as error:
        raise InputError(
            f"An Examples directory must hold a readable dataset.json; "
            f"reading {path} gave: {error}. Run ExampleGen again."
        ) from None
    for split in info["splits"]:
        paths.plain(f"Split-{split}", uri)
    # The file is sorted by key; everything else goes train, eval, test.
    order = sorted(info["splits"], key=lambda s: (s != "train", s))
    return info | {"splits": {s: info["splits"][s] for s in order}}


def shards(uri, split, info=None):
    """Lists the (path, number of examples) of a split's files.

    Raises:
        InputError: If there is no such split, or a name leads elsewhere.
    """
    info = info or read_info(uri)
    if split not in info["splits"]:
        raise InputError(
            f"There is no split {split!r} in {uri}; it has "
            f"{', '.join(map(repr, info['splits']))}."
        )
    return [
        (paths.inside(uri, f"Split-{split}", s["file"]), s["num_examples"])
        for s in info["splits"][split]["shards"]
    ]


def parse(serialized):
    """Parses a batch of serialized examples into undecoded tensors."""
    return tf.io.parse_example(
        serialized,
        {
            "example_id": tf.io.FixedLenFeature([], tf.string),
            "image": tf.io.FixedLenFeature([], tf.string),
            "label": tf.io.FixedLenFeature([], tf.int64),
            "source_key": tf.io.FixedLenFeature([], tf.string, ""),
        },
    )


def decode(images, info):
    """Decodes raw bytes to (batch, height, width, channels) float32."""
    dtype = tf.as_dtype(info["image_dtype"])
    flat = tf.io.decode_raw(images, dtype)
    shape = [-1, *info["image_shape"]]
    return tf.cast(tf.reshape(flat, shape), tf.float32)


def dataset(uri, split):
    """Reads a split as a `tf.data.Dataset` of single examples.

    Returns:
        Dataset of {"example_id": string, "image": float32 (height, width,
        channels) in the raw pixel range, "label": int64}.
    """
    info = read_info(uri)
    files = [path for path, _ in shards(uri, split, info)]

    def decoded(serialized):
        batch = parse(serialized)
        return {
            "example_id": batch["example_id"],
            "image": decode(batch["image"], info),
            "label": batch["label"],
        }

    records = tf.data.TFRecordDataset(files, "GZIP")
    return records.batch(BATCH).map(decoded).unbatch()


def read_shard(
    path, count, parse_batch=parse, *, batch_size=BATCH, compression="GZIP"
):
    """Yields a file's batches as NumPy dicts, and checks it is complete.

    Args:
        path: TFRecord file.
        count: Number of rows that it must hold; `None`: any.
        parse_batch: From serialized records to a dict of tensors of one row
            each.
        batch_size: Records a batch; `None` gives `parse_batch` one at a time.
        compression: `"GZIP"` or `""`.

    Raises:
        InputError: If the file is missing, damaged or of another length.
    """
    seen = 0
    records = tf.data.TFRecordDataset(path, compression)
    if batch_size is not None:
        records = records.batch(batch_size)
    try:
        for batch in records.map(parse_batch).as_numpy_iterator():
            yield batch
            seen += len(next(iter(batch.values())))
    except (tf.errors.OpError, EOFError) as error:
        raise InputError(damage(path, compression, error)) from None
    if count is not None and seen != count:
        raise InputError(
            f"{path} must hold {count} records, it holds {seen}. Delete the "
            "artifact and run its component again."
        )


def damage(path, compression, error):
    """Describes an unreadable TFRecord file: its name and first bad record."""
    if not os.path.exists(path):
        return f"The TFRecord file {path} does not exist."
    good = 0
    try:
        for _ in tf.data.TFRecordDataset(path, compression):
            good += 1
    except tf.errors.OpError as again:
        reason = str(again.message).splitlines()[0].split("[Op:")[0].strip()
        return (
            f"The TFRecord file {path} is corrupt or truncated at record "
            f"{good} (counted from 0): {reason} Restore the file or leave it "
            "out."
        )
    reason = str(error).splitlines()[0]
    return f"The TFRecord file {path} holds records of another kind: {reason}"


def load_arrays(uri, split):
    """Loads a split into memory.

    Returns:
        ids (str array), images (float32, (examples, height, width,
        channels), raw pixel range) and labels (int64).
    """
    info = read_info(uri)
    dtype = np.dtype(info["image_dtype"])
    shape = tuple(info["image_shape"])
    size = int(np.prod(shape)) * dtype.itemsize
    ids, images, labels = [], [np.zeros((0, *shape), dtype)], []
    for path, count in shards(uri, split, info):
        for batch in read_shard(path, count):
            raw = batch["image"]
            for id, image in zip(batch["example_id"], raw):
                if len(image) != size:
                    raise InputError(
                        f"Example {id.decode()} in {path} must have {size} "
                        f"bytes for shape {shape}, it has {len(image)}."
                    )
            joined = np.frombuffer(b"".join(raw), dtype)
            images.append(joined.reshape(-1, *shape))
            ids.extend(id.decode() for id in batch["example_id"])
            labels.append(batch["label"])
    return (
        np.array(ids, dtype=str),
        np.concatenate(images).astype(np.float32),
        np.concatenate([np.zeros(0, np.int64), *labels]),
    )


def fraction_of(example_ids):
    """Maps ids to stable floats in [0, 1), to select a `subset=(lo, hi)`."""
    return splits.hash_fractions(example_ids, SUBSET_SALT)
