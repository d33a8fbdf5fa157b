"""Soft targets on what is like the labelled, robust to how classes weigh."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import labelled_examples
from tfkd.losses.soft_targets import SoftTargets
from tfkd.models import pu_classifier


@keras.saving.register_keras_serializable("tfkd")
class RobustSoftTargets(KDLoss):
    """Distils a chosen part of a pool, in the worst of several weightings.

    Equation:  L_i = k_i / k w^m_c(i) T^2 KL(softmax(z_t / T) ||
                     softmax(z_s / T)),
               m = argmax over m of mean_i L_i
               w^0_c = C (1 / n_c) / sum_d (1 / n_d),
               n_c = sum_i k_i softmax(z_t)_c, over all data
               w^m_c = w^0_c + uniform noise in [0, `spread`), m >= 1
    Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`; c(i) the
               class that the teacher names; k_i = 1 for labelled examples
               and for those that a `PUClassifier` of the teacher's features
               scores above 0, else 0; k the mean of k_i over all data; m up
               to `perturbations`.
    Paper:     Xu et al., *Positive-Unlabeled Compression on the Cloud*,
               NeurIPS 2019, arXiv:1909.09757.

    Args:
        feature_taps: Names of the teacher's taps that the choice reads; maps
            are averaged over positions.
        prior: Share of useful examples in the pool, in (0, 1).
        temperature: T > 0, a number or schedule.
        spread: >= 0.
        perturbations: How many weightings besides the estimated one, >= 0.
        epochs: Of the classifier.
        batch_size: Of the classifier.
        learning_rate: Of the classifier.
        seed: Of the classifier and of the noise.
        **kwargs: See `KDLoss`.

    Attributes:
        class_weights: Variable `(1 + perturbations, classes)`.
        share: Variable, k.

    Raises:
        InputError: If the models do not score the same classes, or an
            argument is out of range.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        feature_taps,
        prior,
        temperature=1.0,
        spread=0.1,
        perturbations=1,
        epochs=170,
        batch_size=4096,
        learning_rate=1e-3,
        seed=0,
        name="robust_soft_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        # Its checks, of the temperature and of the logits, are ours.
        self.soft_targets = SoftTargets(temperature=temperature)
        checks.not_negative(spread=spread)
        checks.whole(0, perturbations=perturbations)
        checks.whole(1, epochs=epochs, batch_size=batch_size)
        self.feature_taps = tuple(feature_taps)
        self.teacher_taps = tuple(dict.fromkeys((*self.feature_taps, "logits")))
        self.student_taps = ("logits",)
        self.prior = prior
        self.spread = spread
        self.perturbations = int(perturbations)
        self.epochs = int(epochs)
        self.batch_size = int(batch_size)
        self.learning_rate = learning_rate
        self.seed = seed

    def setup(self, teacher, student):
        self.soft_targets.setup(teacher, student)
        if len(student["logits"].shape) != 2:
            raise InputError(
                "Classes weigh in logits (batch, classes), received "
                f"{tuple(student['logits'].shape)}. Use classifiers of whole "
                "images."
            )
        classes = student["logits"].shape[-1]
        self.class_weights = self.add_weight(
            (1 + self.perturbations, classes),
            "ones",
            trainable=False,
            name="class_weights",
        )
        self.share = self.add_weight((), "ones", trainable=False, name="share")
        self.classifier = pu_classifier.PUClassifier(
            features=sum(teacher[name].shape[-1] for name in self.feature_taps),
            prior=self.prior,
            seed=self.seed,
        )
        self.classifier.trainable = False
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Learns what to choose, and how classes weigh.

        Args:
            taps: The teacher's, of all data.
            labels: -1 marks the pool.

        Raises:
            InputError: If there are no labelled examples.
        """
        labelled = ops.convert_to_numpy(labelled_examples(labels, self.name))
        if not labelled.any():
            raise InputError(
                "What is useful in a pool is told by examples with labels, "
                "and there are none. Give labels >= 0 to some; -1 marks the "
                "pool."
            )
        if not labelled.all():
            found = pu_classifier.learned(
                ops.convert_to_numpy(self._features(taps)),
                labelled,
                prior=self.prior,
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                seed=self.seed,
            )
            self.classifier.set_weights(found.get_weights())
        kept = ops.convert_to_numpy(self._kept(taps, labels))
        self.share.assign(kept.mean())
        answers = ops.softmax(ops.cast(taps["logits"], self.compute_dtype))
        mass = kept @ ops.convert_to_numpy(answers)
        inverse = 1.0 / np.maximum(mass, 1e-6)
        weights = len(mass) * inverse / inverse.sum()
        random = np.random.default_rng(self.seed)
        noise = random.uniform(0.0, self.spread, self.class_weights.shape)
        noise[0] = 0.0
        self.class_weights.assign(weights + noise)

    def values(self, teacher, student, *, labels, index, step):
        temperature = self.soft_targets.temperature(step)
        z_t, z_s = teacher["logits"], student["logits"]
        gap = ops.square(temperature) * softmax_kl(z_t, z_s, temperature)
        kept = self._kept(teacher, labels) / self.share
        named = ops.argmax(z_t, axis=-1)
        weights = ops.take(self.class_weights, named, axis=1)
        each = weights * (kept * gap)
        worst = ops.argmax(ops.mean(each, axis=-1))
        return ops.take(each, worst, axis=0)

    def _kept(self, taps, labels):
        """1 for what is distilled, else 0, `(batch,)`."""
        chosen = self.classifier(self._features(taps)) > 0
        chosen = ops.cast(chosen, self.compute_dtype)
        return ops.maximum(chosen, labelled_examples(labels, self.name))

    def _features(self, taps):
        parts = []
        for name in self.feature_taps:
            tap = ops.cast(taps[name], self.compute_dtype)
            axes = tuple(range(1, len(tap.shape) - 1))
            parts.append(ops.mean(tap, axis=axes) if axes else tap)
        return ops.concatenate(parts, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "feature_taps": self.feature_taps,
            "prior": self.prior,
            "temperature": keras.saving.serialize_keras_object(
                self.soft_targets.temperature
            ),
            "spread": self.spread,
            "perturbations": self.perturbations,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
        }
