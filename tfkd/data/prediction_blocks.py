"""Files of predictions: each record is a block of consecutive examples.

A block is one `tf.Example`: `example_id` (bytes, one an example) and arrays
with a row an example, raw and little-endian: `fingerprint` (int32, of id and
pixels), `seed` (int64, of the view, where images are augmented) and the fields
of the taps' formats. Blocks instead of single examples: one record to parse,
and no name of a field repeated with every example.
"""

import numpy as np
import tensorflow as tf

from tfkd.data import records

ID = "example_id"
FINGERPRINT = "fingerprint"
SEED = "seed"
# Below 2^31, so that it fits an int32.
_BUCKETS = 2**31 - 1


def shard_path(uri, split, shard, num_shards, *, view=None, compression="GZIP"):
    """Returns the path of one shard file.

    Args:
        uri: `TeacherPredictions` directory.
        split: Name of the split.
        shard: Number of the shard.
        num_shards: How many there are.
        view: Number of the view, `None` for images as they are.
        compression: See `compression`.
    """
    stem = "predictions" if view is None else f"predictions_view_{view}"
    path = records.shard_path(uri, split, shard, num_shards, stem)
    return path if compression else path.removesuffix(".gz")


def compression(kinds):
    """Returns `"GZIP"` where one of the taps is `"top_k"`, else `""`.

    Measured on logits: dense floats shrink by 7 %, at 40 MB/s; ids, classes
    and sorted values by a quarter or more.
    """
    return "GZIP" if "top_k" in kinds else ""


def fields_of(formats, augmented):
    """Returns field name to (dtype, shape without the batch)."""
    fields = {FINGERPRINT: ("int32", ())}
    if augmented:
        fields[SEED] = ("int64", ())
    for tap in formats:
        fields |= tap.fields
    return fields


def fingerprints(ids, pixels):
    """Returns a stable hash of each example's id and raw pixels.

    Args:
        ids: String tensor `(n,)`.
        pixels: String tensor `(n,)`, as in the `Examples`.
    """
    joined = tf.strings.join([ids, pixels], "/")
    hashes = tf.strings.to_hash_bucket_fast(joined, _BUCKETS)
    return tf.cast(hashes, tf.int32)


def write_shard(path, blocks, compression):
    """Writes one shard, which appears when complete.

    Args:
        path: File to write.
        blocks: Dicts of arrays `(n, ...)`: `ID` (str) and fields.
        compression: `"GZIP"` or `""`.
    """
    records.write_shard(path, map(_to_example, blocks), compression)


def _to_example(block):
    values = {
        name: [_raw(array)] for name, array in block.items() if name != ID
    }
    values[ID] = [str(id).encode() for id in block[ID]]
    feature = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=value))
        for name, value in values.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=feature))


def _raw(array):
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def parser(fields):
    """Returns a function from a serialized block to a dict of tensors.

    Args:
        fields: See `fields_of`.
    """
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in fields}
    features[ID] = tf.io.RaggedFeature(tf.string)

    def parse(serialized):
        found = tf.io.parse_single_example(serialized, features)
        block = {ID: found[ID]}
        for name, (dtype, shape) in fields.items():
            flat = tf.io.decode_raw(found[name], tf.as_dtype(dtype))
            block[name] = tf.reshape(flat, [-1, *shape])
        return block

    return parse


def read_shard(path, count, fields, compression):
    """Yields a shard's blocks as NumPy dicts, and checks it is complete.

    Raises:
        InputError: If the file is missing, damaged or of another length.
    """
    yield from records.read_shard(
        path,
        count,
        parser(fields),
        batch_size=None,
        compression=compression,
    )


def empty(fields, count, views=None):
    """Returns arrays to fill with `count` rows, of `views` each if given."""
    lead = (count,) if views is None else (count, views)
    return {
        name: np.empty((*lead, *shape), dtype)
        for name, (dtype, shape) in fields.items()
    }
