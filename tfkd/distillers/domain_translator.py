"""Translators of images between the two domains of a batch."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses import DomainGame
from tfkd.losses.labels import label_rows
from tfkd.losses.labels import labelled_examples
from tfkd.models import critics
from tfkd.models import translator
from tfkd.models.fresh import fresh_copy
from tfkd.numerics import per_example
from tfkd.untracked import Untracked


class DomainTranslator(keras.Model):
    """CycleGAN whose translations must mean the same to a classifier.

    `fit({"images": x, "labels": y})` trains two translators and two critics
    by one optimizer. Images with a label are the source domain S, those
    without the target domain T.

    Equation:  L = G(t(S), T) + G(s(T), S)
                   + c [ mean_S ||s(t(x)) - x||_1 + mean_T ||t(s(x)) - x||_1 ]
                   + m [ mean_S H(y, f(t(x)))
                         + mean_T H(argmax f(x), f(s(x))) ]
    Symbols:   t, s translators to the target and to the source, changes of
               the image; G the `DomainGame` of least squares between what is
               translated and what is real, with a critic of patches each; f
               = `judge`, frozen; norms are means over pixels, whose range is
               1; c = `cycle_weight`; m = `semantic_weight`. Without
               `both_ways` there is no s: the terms that need it are left out.
    Paper:     Zhu et al., *Unpaired Image-to-Image Translation using
               Cycle-Consistent Adversarial Networks*, ICCV 2017,
               arXiv:1703.10593; Hoffman et al., *CyCADA*, ICML 2018,
               arXiv:1711.03213, for the last term.

    Args:
        input_shape: `(height, width, channels)` of images.
        value_range: `(low, high)` of raw images.
        judge: f, a classifier or segmenter; `None` where m is 0.
        filters: Channels of the translators' stages.
        critic_filters: Channels of the critics' convolutions.
        cycle_weight: c >= 0.
        semantic_weight: m >= 0.
        both_ways: Whether there is an s.
        seed: Of the weights at the start.
        name: Name of the model.

    Attributes:
        to_target: t, a `keras.Model`.
        to_source: s, or `None`.

    Raises:
        InputError: If a number is out of range, images have no known size,
            or the judge is missing.
    """

    def __init__(
        self,
        *,
        input_shape,
        value_range=(0.0, 255.0),
        judge=None,
        filters=(16, 16),
        critic_filters=(32, 64),
        cycle_weight=10.0,
        semantic_weight=1.0,
        both_ways=True,
        seed=0,
        name="domain_translator",
    ):
        super().__init__(name=name)
        if len(input_shape) != 3 or None in input_shape:
            raise InputError(
                "Images are translated that have a known size (height, width, "
                f"channels), received {input_shape}. Build the models with a "
                "fixed input size."
            )
        if not all(
            0 <= w < float("inf") for w in (cycle_weight, semantic_weight)
        ):
            raise InputError(
                "cycle_weight and semantic_weight must be finite numbers >= "
                f"0, received {cycle_weight!r} and {semantic_weight!r}."
            )
        if semantic_weight and judge is None:
            raise InputError(
                "A semantic_weight needs a judge that names classes, received "
                "none. Give a model of the source, or semantic_weight=0."
            )
        self.low, self.size = value_range[0], value_range[1] - value_range[0]
        self.cycle_weight = cycle_weight
        self.semantic_weight = semantic_weight
        self._judge = Untracked(model=judge)

        def network(number):
            made = translator.build(
                input_shape,
                filters=filters,
                value_range=value_range,
                residual=True,
                name="to_source" if number else "to_target",
            )
            return fresh_copy(made, seed + number)

        def game(number, reverse):
            critic = critics.patches(
                (None, *input_shape), filters=critic_filters
            )
            found = DomainGame(
                fresh_copy(critic, seed + 2 + number),
                student_tap="images",
                kind="lsgan",
                reverse=reverse,
                name=f"game{number}",
            )
            found.setup({}, {"images": keras.KerasTensor((None, *input_shape))})
            return found

        self.to_target = network(0)
        # Translated images have a label, and deceive.
        self.target_game = game(0, True)
        self.to_source = network(1) if both_ways else None
        self.source_game = game(1, False) if both_ways else None
        self.built = True

    def call(self, x, training=False):
        """Returns images in the style of the target."""
        return self.to_target(x["images"], training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Returns the mean over the batch of all players' losses."""
        images, labels = ops.cast(x["images"], "float32"), x["labels"]
        known = labelled_examples(labels, self.name)
        styled = ops.cast(y_pred, "float32")
        total = self._game(self.target_game, known, styled, images)
        total += self._meaning(known, styled, labels)
        if self.to_source is None:
            return self._aggregate_additional_loss(ops.mean(total))
        back = self.to_source(images, training=training)
        total += self._game(self.source_game, 1.0 - known, back, images)
        total += self._meaning(1.0 - known, back, self._named(images))
        cycles = (self.to_source(styled), self.to_target(back))
        for weight, cycle in zip((known, 1.0 - known), cycles):
            gap = per_example(ops.abs(cycle - images)) / self.size
            total += self.cycle_weight * _share(weight) * gap
        # Divided among replicas, as Keras does with a compiled loss.
        return self._aggregate_additional_loss(ops.mean(total))

    def _game(self, game, moved, made, images):
        """The game of images made where `moved` is 1, and real elsewhere."""
        place = ops.reshape(moved, (-1, 1, 1, 1))
        seen = place * made + (1.0 - place) * images
        known = moved if game.reverse else 1.0 - moved
        return game.game(2.0 * (seen - self.low) / self.size - 1.0, known)

    def _named(self, images):
        """The judge's classes of images."""
        if not self.semantic_weight:
            return None
        return ops.argmax(self._judge.model(images, training=False), axis=-1)

    def _meaning(self, weight, made, labels):
        """Cross-entropy of classes that what is made must still have."""
        if not self.semantic_weight:
            return 0.0
        answers = self._judge.model(made, training=False)
        log_p = ops.log_softmax(ops.cast(answers, "float32"), axis=-1)
        rows = label_rows(labels, log_p, self.name)
        each = per_example(-ops.sum(rows * log_p, axis=-1))
        return self.semantic_weight * _share(weight) * each


def _share(weight):
    """Weights whose mean over the batch is 1, or zeros."""
    return weight / ops.maximum(ops.mean(weight), 1e-6)
