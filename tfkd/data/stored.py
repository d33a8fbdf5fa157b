"""A split's predictions in memory, as small as on disk."""

import dataclasses

import numpy as np

from tfkd.data import prediction_blocks
from tfkd.errors import InputError

_CHUNK = 1024


@dataclasses.dataclass
class Stored:
    """Encoded values of a split; batches of them are decoded.

    Attributes:
        ids: Array of str, shape `(n,)`.
        fingerprints: int32, shape `(n,)`.
        formats: The taps' formats.
        fields: Field name to array `(n, ...)`, `(n, views, ...)` where images
            are augmented.
        policy: How they are augmented, or `None`.
        seeds: int64, shape `(n, views)`, or `None`.
    """

    ids: np.ndarray
    fingerprints: np.ndarray
    formats: list
    fields: dict
    policy: dict | None = None
    seeds: np.ndarray | None = None

    @property
    def taps(self):
        """Names of the taps."""
        return [tap.tap for tap in self.formats]

    def take(self, rows):
        """Returns the predictions of some examples, in this order."""
        return dataclasses.replace(
            self,
            ids=self.ids[rows],
            fingerprints=self.fingerprints[rows],
            fields={name: array[rows] for name, array in self.fields.items()},
            seeds=None if self.seeds is None else self.seeds[rows],
        )

    def only(self, taps):
        """Returns the predictions without the other taps."""
        formats = [tap for tap in self.formats if tap.tap in taps]
        names = [name for tap in formats for name in tap.fields]
        fields = {name: self.fields[name] for name in names}
        return dataclasses.replace(self, formats=formats, fields=fields)

    def decode(self, fields):
        """Returns tap name to float32 tensor, of rows of one view."""
        return {tap.tap: tap.decode(fields) for tap in self.formats}

    def dense(self, view=0):
        """Returns tap name to float32 array `(n, ...)`: all of it at once."""
        fields = self.fields
        if self.policy is not None:
            fields = {name: array[:, view] for name, array in fields.items()}
        return {name: t.numpy() for name, t in self.decode(fields).items()}

    def check_images(self, images, dtype):
        """Checks that the teacher has seen these images.

        Args:
            images: Raw pixels, in the order of `ids`.
            dtype: Their type in the `Examples`.

        Raises:
            InputError: Naming the first one that it has not seen.
        """
        for start in range(0, len(images), _CHUNK):
            rows = slice(start, start + _CHUNK)
            pixels = [image.astype(dtype).tobytes() for image in images[rows]]
            found = prediction_blocks.fingerprints(self.ids[rows], pixels)
            wrong = np.flatnonzero(found.numpy() != self.fingerprints[rows])
            if len(wrong):
                raise InputError(
                    "The predictions must be of these images, and of "
                    f"{self.ids[start + wrong[0]]} the teacher has seen "
                    "another image. Run TeacherPredictions on these examples."
                )
