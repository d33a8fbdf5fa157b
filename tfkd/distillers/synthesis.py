"""Distillation on images that are made before, from the teacher alone."""

import keras
import numpy as np

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.teachers import reference
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class SynthesisDistiller(Distiller):
    """A `Distiller` that makes its images where `fit` is given none.

    `fit(epochs=...)` makes `examples` images and distills on them; a further
    `fit` uses the same ones, unless they depend on the student: then each
    `fit` adds as many new ones. `images` holds them, to be stored; what is
    given to `fit` is distilled on instead.

    Args:
        source: With `make(count, number=..., verbose=...)` to images and
            labels, and `adaptive`, such as
            `tfkd.sources.InputOptimizer`.
        examples: Images a set, at least 1.
        name: Name of the model.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If an argument is out of range.
    """

    def __init__(
        self, *, source, examples, name="synthesis_distiller", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        if int(examples) < 1:
            raise InputError(
                f"examples must be at least 1, received {examples!r}."
            )
        self.examples = int(examples)
        self._made = Untracked(source=source, sets=[])

    @property
    def source(self):
        """What makes the images."""
        return self._made.source

    @property
    def images(self):
        """Made images and labels, `None` before there are any."""
        if not self._made.sets:
            return None
        return tuple(np.concatenate(part) for part in zip(*self._made.sets))

    def synthesize(self, verbose=0):
        """Makes one more set of images.

        Args:
            verbose: 0 for no progress bar.

        Returns:
            All images and labels so far.
        """
        reference.check_present(self.source.teacher)
        number = len(self._made.sets)
        found = self.source.make(self.examples, number=number, verbose=verbose)
        self._made.sets.append(found)
        return self.images

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        **kwargs,
    ):
        """Trains on made images, or on those that are given.

        Args:
            x: Images, or `None` to make them.
            y: Their labels, or `None`.
            batch_size: See `keras.Model.fit`.
            epochs: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`; 0 hides the making as well.
            **kwargs: See `keras.Model.fit`.
        """
        batch_lib.check_labels(x, y)
        if x is None:
            if self.images is None or self.source.adaptive:
                self.synthesize(verbose=verbose)
            x, y = self.images
        return super().fit(
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            **kwargs,
        )
