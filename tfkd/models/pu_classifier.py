"""Tells what is like a few examples, of which no counterexample is known."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError

# Features over the width of the gate's inner layer.
REDUCTION = 16


@keras.saving.register_keras_serializable("tfkd")
class PUClassifier(keras.Model):
    """A linear classifier on gated features, trained by the PU risk.

    Equation:  s(f) = v . (f * sigmoid(B relu(A f))) + c
               R = pi R_p+ + (R_u - pi R_p-)    where the bracket is >= 0,
               R = -(R_u - pi R_p-)             where it is below
               R_p+ = mean sigmoid(-s) and R_p- = mean sigmoid(s) of the
               positives, R_u = mean sigmoid(s) of the unlabelled, of a batch
    Symbols:   f (batch, features), divided by their deviations in training;
               s (batch,) scores, above 0 for positives; pi = `prior`, the
               share of positives among the unlabelled.
    Paper:     the gate and the use: Xu et al., *Positive-Unlabeled
               Compression on the Cloud*, NeurIPS 2019, arXiv:1909.09757; the
               risk: Kiryo et al., *Positive-Unlabeled Learning with
               Non-Negative Risk Estimator*, NeurIPS 2017, arXiv:1703.00593.

    Args:
        features: Width of f.
        prior: pi in (0, 1).
        seed: Of the initial weights.
        name: Name of the model.

    Raises:
        InputError: If `prior` is out of range.
    """

    def __init__(
        self,
        *,
        features,
        prior,
        seed=0,
        name="pu_classifier",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 < prior < 1:
            raise InputError(
                "prior must be in (0, 1), the share of positives among the "
                f"unlabelled examples; received {prior!r}."
            )
        self.features = features
        self.prior = float(prior)
        self.seed = seed
        self.scale = self.add_weight(
            (features,), "ones", trainable=False, name="scale"
        )
        self.squeeze = self._dense(
            max(1, features // REDUCTION), features, 0, "relu", use_bias=False
        )
        self.excite = self._dense(
            features, self.squeeze.units, 1, "sigmoid", use_bias=False
        )
        self.score = self._dense(1, features, 2, None, use_bias=True)
        self.built = True

    def _dense(self, units, width, number, activation, use_bias):
        layer = keras.layers.Dense(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=keras.initializers.GlorotUniform(
                3 * self.seed + number
            ),
            name=f"layer{number}",
        )
        layer.build((None, width))
        return layer

    def call(self, features, training=False):
        """Returns scores, above 0 for what is like the positives."""
        f = ops.cast(features, self.compute_dtype) * self.scale
        return self.score(f * self.excite(self.squeeze(f)))[:, 0]

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Returns R, where y is 1 for positives and 0 for unlabelled ones."""
        return self.risk(y, y_pred)

    def risk(self, positive, scores):
        """Returns R of a batch, a scalar.

        Args:
            positive: 1 for a positive, 0 for an unlabelled example.
            scores: s, of the same shape `(batch,)`.
        """
        positive = ops.cast(positive, scores.dtype)

        def mean(values, chosen):
            return ops.sum(chosen * values) / ops.maximum(ops.sum(chosen), 1.0)

        missed = self.prior * mean(ops.sigmoid(-scores), positive)
        claimed = ops.sigmoid(scores)
        false = mean(claimed, 1.0 - positive) - self.prior * mean(
            claimed, positive
        )
        return ops.where(false >= 0.0, missed + false, -false)

    def get_config(self):
        return {
            **super().get_config(),
            "features": self.features,
            "prior": self.prior,
            "seed": self.seed,
        }


def learned(
    features, positive, *, prior, epochs, batch_size, learning_rate, seed=0
):
    """Trains a classifier, with AdamW and a decay of 5e-3.

    Args:
        features: Array (examples, features).
        positive: Whether each is a positive, `(examples,)`.
        prior: See `PUClassifier`.
        epochs: Passes over them; batches are the same in each.
        batch_size: Large enough that batches hold positives.
        learning_rate: > 0.
        seed: Of the initial weights and of the batches.

    Returns:
        A new `PUClassifier`.
    """
    model = PUClassifier(features=features.shape[1], prior=prior, seed=seed)
    deviation = np.std(features, axis=0)
    model.scale.assign(1.0 / np.where(deviation > 0, deviation, 1.0))
    model.compile(
        keras.optimizers.AdamW(learning_rate, weight_decay=5e-3),
        jit_compile=False,
    )
    order = np.random.default_rng(seed).permutation(len(features))
    model.fit(
        features[order],
        np.asarray(positive, "float32")[order],
        epochs=epochs,
        batch_size=batch_size,
        shuffle=False,
        verbose=0,
    )
    return model
