"""Images whose features are as recorded ones, or drawn like them."""

import numpy as np
import tensorflow as tf

from tfkd import taps as tap_lib
from tfkd.errors import InputError
from tfkd.sources.fixed_dropout import FixedDropout
from tfkd.sources.input_optimizer import InputOptimizer


class Representations(InputOptimizer):
    """Moves pixels until a teacher's features fit those that are drawn.

    Equation:  x = argmin sum_j 1/s_j mean_i (a(F_j(x)_i) - a(phi_j_i))^2
                                                         (survey Eqn 29)
    Symbols:   F_j(x) the teacher's tap j, flat, of size s_j, which divides
               where there are several taps; phi targets; a the positive part,
               or the identity.
    Paper:     Lopes, Fenu & Starner, *Data-Free Knowledge Distillation for
               Deep Neural Networks*, arXiv:1710.07535; a, the mean and 1 /
               s_j as in the authors' released code.

    Args:
        teacher: See `InputOptimizer`.
        record: What was recorded of the teacher, such as
            `tfkd.sources.ClassGaussians`: with `taps`, `size` and
            `sample(count, random)` to targets `(count, size)`, of all taps
            side by side, and classes `(count,)`.
        rectified: Whether a is the positive part.
        dropout: Whether the teacher's dropout layers drop: by masks that
            stay the same while a batch of images is made, and are others for
            the next.
        **kwargs: See `InputOptimizer`, whose priors are off here.

    Raises:
        InputError: If the teacher's taps are not those recorded, or it has
            no dropout that is asked for.
    """

    def __init__(
        self,
        teacher,
        record,
        *,
        rectified=True,
        dropout=False,
        steps=1000,
        learning_rate=0.14,
        batch_size=64,
        **kwargs,
    ):
        self.goal_taps = tuple(record.taps)
        super().__init__(
            teacher,
            steps=steps,
            learning_rate=learning_rate,
            batch_size=batch_size,
            **{
                "tv": 0.0,
                "l2": 0.0,
                "statistics": 0.0,
                "jitter": 0,
                "flip": False,
                **kwargs,
            },
        )
        self.record = record
        self.rectified = rectified
        self._masks = FixedDropout(self.seed) if dropout else None
        if dropout:
            self._extractor = tap_lib.Extractor(
                self.teacher, self._extractor.taps, rewrite=self._masks.rewrite
            )
            if not self._masks.count:
                raise InputError(
                    "dropout=True needs a teacher with dropout layers, and "
                    f"{self.teacher.name!r} has none. Leave it out."
                )
        shapes = [
            tuple(self._extractor.specs[tap].shape[1:])
            for tap in self.goal_taps
        ]
        self.sizes = [int(np.prod(shape)) for shape in shapes]
        if sum(self.sizes) != record.size:
            raise InputError(
                f"{record.size} features were recorded of the taps "
                f"{list(self.goal_taps)}, which have the shapes {shapes} in "
                f"{self.teacher.name!r}. Record those of this teacher."
            )

    def goal(self, found, targets):
        total = tf.zeros(())
        parts = tf.split(targets, self.sizes, axis=-1)
        for tap, size, target in zip(self.goal_taps, self.sizes, parts):
            features = tf.reshape(tf.cast(found[tap], "float32"), (-1, size))
            if self.rectified:
                features, target = tf.nn.relu(features), tf.nn.relu(target)
            gap = tf.reduce_mean(tf.square(features - target))
            total += gap / (size if len(self.sizes) > 1 else 1)
        return total

    def _optimize(self, noise, targets, seed, bar):
        if self._masks is not None:
            self._masks.seed = seed
        return super()._optimize(noise, targets, seed, bar)

    def make(self, count, *, number=0, verbose=0):
        """Returns images for drawn features, and the classes of these."""
        random = np.random.default_rng([self.seed, number, 1])
        targets, labels = self.record.sample(count, random)
        images = self.optimize(targets, number=number, verbose=verbose)
        return images, labels


def read_features(teacher, x, taps, labels=None):
    """Returns classes, and a teacher's taps flat and side by side.

    Args:
        teacher: A built `keras.Model` or `tfkd.teachers.FrozenTeacher`.
        x: Inputs, an array `(examples, ...)`.
        taps: Names.
        labels: Classes `(examples,)`; the teacher's answers if absent.

    Returns:
        Labels `(examples,)` and features `(examples, size)` in float64.

    Raises:
        InputError: If there is no example, or labels do not fit.
    """
    x = np.asarray(x)
    if not x.ndim or not len(x):
        raise InputError(
            "Features are recorded of an array of inputs with at least one "
            f"example, received shape {x.shape}."
        )
    model = getattr(teacher, "model", teacher)
    preprocessing = getattr(teacher, "preprocessing", None)
    extractor = tap_lib.Extractor(model, ("logits", *taps))
    logits, features = [], []
    for start in range(0, len(x), 256):
        part = tf.convert_to_tensor(x[start : start + 256])
        if preprocessing is not None:
            part = preprocessing(part)
        found = extractor(part, training=False)
        logits.append(np.asarray(found["logits"], "float64"))
        flat = [np.asarray(found[tap], "float64") for tap in taps]
        features.append(
            np.concatenate([f.reshape(len(f), -1) for f in flat], axis=1)
        )
    if labels is None:
        labels = np.argmax(np.concatenate(logits), axis=-1)
    labels = np.asarray(labels)
    if labels.shape != x.shape[:1]:
        raise InputError(
            "Labels must be whole numbers, one an input, received shape "
            f"{labels.shape} for {len(x)} inputs."
        )
    return labels, np.concatenate(features)
