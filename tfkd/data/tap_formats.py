"""How the values of one tap are stored: all of them, or the `k` largest."""

import dataclasses
import typing

import numpy as np
import tensorflow as tf

from tfkd.errors import InputError

# As many have numbers that fit a uint16.
_FEW_CLASSES = 2**16


@dataclasses.dataclass(frozen=True)
class Dense:
    """Every value.

    Attributes:
        tap: Name of the tap.
        shape: Its shape without the batch.
        dtype: `"float32"` or `"float16"`.
    """

    tap: str
    shape: tuple
    dtype: str
    kind: typing.ClassVar = "dense"

    @property
    def fields(self):
        """Field name to (dtype, shape without the batch)."""
        return {self.tap: (self.dtype, self.shape)}

    def encode(self, values):
        """Returns field name to array, of float32 values `(n, *shape)`."""
        return {self.tap: _narrow(values, self)}

    def decode(self, fields):
        """Returns the float32 tensor that fields stand for."""
        return tf.cast(fields[self.tap], tf.float32)

    def to_json(self):
        return {
            "format": self.kind,
            "shape": list(self.shape),
            "dtype": self.dtype,
        }


@dataclasses.dataclass(frozen=True)
class TopK:
    """The `k` largest logits, and one number for all the others.

    Equation:  z'_c = z_c where c is among the k largest, else
               r = T (logsumexp_{c not in top k} z_c / T - log(C - k)).
               So softmax(z' / T) has the k largest probabilities of
               softmax(z / T), exactly, and the others' mass spread evenly.
    Symbols:   z logits; C classes; T = `temperature`; r is `rest`.

    With k = C nothing is lost. At a temperature T' > T the others get too
    much mass and at T' < T too little, because r is a power mean, which grows
    with 1 / T (Jensen); logits among the k largest, and so all differences
    between them, are right at any temperature.

    Attributes:
        tap: Name of the tap.
        shape: Its shape without the batch; classes come last.
        dtype: `"float32"` or `"float16"`.
        k: How many.
        temperature: T.

    Raises:
        InputError: If there are fewer than `k` classes.
    """

    tap: str
    shape: tuple
    dtype: str
    k: int
    temperature: float
    kind: typing.ClassVar = "top_k"

    def __post_init__(self):
        if self.k > self.shape[-1]:
            raise InputError(
                f"predictions.k must be at most the number of classes, "
                f"{self.shape[-1]}, received {self.k}. Use format='dense'."
            )

    @property
    def fields(self):
        *positions, classes = self.shape
        index = "uint16" if classes <= _FEW_CLASSES else "int32"
        largest = (*positions, self.k)
        return {
            f"{self.tap}.values": (self.dtype, largest),
            f"{self.tap}.classes": (index, largest),
            f"{self.tap}.rest": (self.dtype, tuple(positions)),
        }

    def encode(self, values):
        largest, classes = tf.math.top_k(values, self.k)
        rest = self._rest(tf.convert_to_tensor(values), classes)
        names = self.fields
        index = np.dtype(names[f"{self.tap}.classes"][0])
        return {
            f"{self.tap}.values": _narrow(largest.numpy(), self),
            f"{self.tap}.classes": classes.numpy().astype(index),
            f"{self.tap}.rest": _narrow(rest.numpy(), self),
        }

    def _rest(self, values, classes):
        others = self.shape[-1] - self.k
        if not others:
            return tf.zeros(tf.shape(values)[:-1])
        hidden = tf.fill(tf.shape(classes), -np.inf)
        values = _put(values / self.temperature, classes, hidden)
        mass = tf.reduce_logsumexp(values, axis=-1)
        return self.temperature * (mass - np.float32(np.log(others)))

    def decode(self, fields):
        """Returns the float32 logits z' that fields stand for."""
        values = tf.cast(fields[f"{self.tap}.values"], tf.float32)
        classes = tf.cast(fields[f"{self.tap}.classes"], tf.int32)
        rest = tf.cast(fields[f"{self.tap}.rest"], tf.float32)
        shape = tf.concat([tf.shape(rest), self.shape[-1:]], axis=0)
        dense = tf.broadcast_to(rest[..., None], shape)
        dense.set_shape([*rest.shape, self.shape[-1]])
        return _put(dense, classes, values)

    def to_json(self):
        return {
            "format": self.kind,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "k": self.k,
            "temperature": self.temperature,
        }


def create(settings, shapes):
    """Returns a format for each tap.

    Args:
        settings: See `prediction_settings.complete_format`.
        shapes: Tap name to shape without the batch.
    """
    formats = []
    for tap in settings["taps"]:
        common = {
            "tap": tap,
            "shape": tuple(shapes[tap]),
            "dtype": settings["dtype"],
        }
        if tap == "logits" and settings["format"] == "top_k":
            formats.append(
                TopK(
                    k=settings["k"],
                    temperature=settings["temperature"],
                    **common,
                )
            )
        else:
            formats.append(Dense(**common))
    return formats


def from_json(taps):
    """Returns the formats of which `to_json` made `{tap: value}`."""
    kinds = {kind.kind: kind for kind in (Dense, TopK)}
    return [
        kinds[entry["format"]](
            tap=tap,
            shape=tuple(entry["shape"]),
            **{k: v for k, v in entry.items() if k not in ("format", "shape")},
        )
        for tap, entry in taps.items()
    ]


def _put(dense, classes, values):
    """Replaces the values at the given places of the last axis."""
    depth = dense.shape[-1]
    count = classes.shape[-1]
    flat = tf.reshape(classes, [-1, count])
    rows = tf.broadcast_to(tf.range(tf.shape(flat)[0])[:, None], tf.shape(flat))
    result = tf.tensor_scatter_nd_update(
        tf.reshape(dense, [-1, depth]),
        tf.stack([rows, flat], axis=-1),
        tf.reshape(values, [-1, count]),
    )
    return tf.reshape(result, tf.shape(dense))


def _narrow(values, tap):
    """Returns an array in the format's dtype, if it holds the values."""
    values = np.asarray(values, np.float32)
    with np.errstate(over="ignore"):
        narrow = values.astype(tap.dtype)
    if not np.isfinite(narrow).all():
        largest = np.abs(values).max()
        raise InputError(
            f"Values of the tap {tap.tap!r} must be within "
            f"{np.finfo(tap.dtype).max:g} to be stored as {tap.dtype}, the "
            f"largest is {largest:g}. Set predictions.dtype='float32'."
        )
    return narrow
