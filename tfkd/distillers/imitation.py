"""Solves for how far to imitate each teacher, then trains."""

import keras
import numpy as np

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.taps import Extractor
from tfkd.teachers import imitation_shares
from tfkd.teachers import reference


@keras.saving.register_keras_serializable("tfkd")
class ImitationDistiller(Distiller):
    """Solves for the shares of labels and teachers before it trains.

    They are the shares of its `Mixture`: state that is saved, and that
    training leaves as it is.

    Args:
        estimates: Whether each `fit` solves for them, from the labelled
            examples among its arrays; else `estimate` does.
        teacher_tap: Name of the features of every teacher.
        penalty: See `tfkd.teachers.imitation_shares`.
        **kwargs: See `Distiller`; the teacher is an `EnsembleTeacher` of
            models, the only loss a `Mixture` of the labels and of each
            teacher, in this order.

    Raises:
        InputError: If a teacher is no model, or has no such tap.
    """

    def __init__(self, *, estimates, teacher_tap, penalty, **kwargs):
        super().__init__(**kwargs)
        for member in self.teacher.members:
            _reader(member, teacher_tap)  # An error that names the tap.
        self.estimates = estimates
        self.teacher_tap = teacher_tap
        self.penalty = penalty

    @property
    def imitation(self):
        """The l_i of each teacher, as an array."""
        return np.array(self.distillation_losses[0].shares)[1:]

    def estimate(self, x, y):
        """Sets l from labelled examples; those of label -1 are left out.

        Args:
            x: Inputs of the teachers, an array, or a dict of views.
            y: Class numbers, `(examples,)`.

        Raises:
            InputError: If fewer than two examples have a label.
        """
        labels = np.asarray(y).ravel()
        rows = labels >= 0
        inputs = np.asarray(batch_lib.views(x).teacher)[rows]
        if rows.sum() < 2:
            raise InputError(
                "The shares of teachers are solved from labelled "
                f"examples, and received {rows.sum()} of them, fewer than "
                "two. Label some, or pass the shares."
            )
        features, scores = zip(
            *(self._read(member, inputs) for member in self.teacher.members)
        )
        shares = imitation_shares(
            np.concatenate(features, axis=1),
            labels[rows],
            scores,
            penalty=self.penalty,
        )
        self.distillation_losses[0].shares.assign(shares)

    def _read(self, member, inputs):
        """Features and probabilities of one teacher."""
        reference.check_present(member.model)
        if member.preprocessing is not None:
            inputs = member.preprocessing(inputs)
        found = _reader(member, self.teacher_tap)(inputs, training=False)
        features = np.array(found[self.teacher_tap], "float64")
        logits = np.array(found["logits"], "float64")
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (
            features.reshape(len(features), -1),
            p / p.sum(axis=1, keepdims=True),
        )

    def fit(self, x=None, y=None, **kwargs):
        if self.estimates:
            if y is None:
                raise InputError(
                    "The shares of teachers are solved from the arrays x and "
                    "y of fit, and there is no y. Pass arrays, or the shares."
                )
            self.estimate(x, y)
        return super().fit(x, y, **kwargs)

    def parts(self):
        return {
            **super().parts(),
            "estimates": self.estimates,
            "teacher_tap": self.teacher_tap,
            "penalty": self.penalty,
        }


def _reader(member, tap):
    model = getattr(member, "model", None)
    if model is None:
        raise InputError(
            "Teachers whose shares are solved for must be Keras models, whose "
            f"features are read; received a {type(member).__name__}."
        )
    return Extractor(model, dict.fromkeys((tap, "logits")))
