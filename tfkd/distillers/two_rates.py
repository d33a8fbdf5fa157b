"""Distillation in which some losses have an optimizer of their own."""

import keras

from tfkd.distillers.distiller import Distiller
from tfkd.distillers.second_optimizer import SecondOptimizer
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow


@keras.saving.register_keras_serializable("tfkd")
class TwoRateDistiller(SecondOptimizer, Distiller):
    """A `Distiller` with a second optimizer for some of its losses.

    Both move the network on each batch, one after the other, by the slopes
    of one pass. The second also moves what belongs to its losses, such as
    critics and transforms.

    Equation:  w <- w - step_1(d L_1 / dw),  w <- w - step_2(d L_2 / dw)
    Symbols:   L_1 the task, regularizers, and the losses that are not named;
               L_2 those that are, with the regularizers of their own weights;
               both slopes at the w before; step_1 of the
               compiled optimizer, step_2 of `second_optimizer`.
    Paper:     Chung, Park, Kim & Kwak, *Feature-map-level Online Adversarial
               Knowledge Distillation*, ICML 2020, arXiv:2002.01775.

    TensorFlow only: it takes two gradients a step.

    Args:
        second_losses: Names of distillation losses, at least one.
        second_optimizer: A Keras optimizer, which keeps its own rate.
        name: Name of the model.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If a name is no loss's, or Keras runs on another backend.
    """

    second_losses = ()

    def __init__(
        self,
        *,
        second_losses,
        second_optimizer,
        name="two_rate_distiller",
        **kwargs,
    ):
        require_tensorflow("TwoRateDistiller")
        super().__init__(name=name, **kwargs)
        known = [loss.name for loss in self.distillation_losses]
        if not second_losses or not set(second_losses) <= set(known):
            raise InputError(
                "second_losses must be names of distillation losses, received "
                f"{tuple(second_losses)!r}. The losses are {known}."
            )
        self.second_losses = tuple(second_losses)
        self.second_optimizer = second_optimizer
        self.second_optimizer.build(
            [*self.network.trainable_variables, *self.moved_apart()]
        )

    def moved_apart(self):
        """Returns the weights of the second losses, such as of critics."""
        second, _ = self._split() if self.second_losses else ((), ())
        return [v for loss in second for v in loss.trainable_variables]

    def _split(self):
        """The losses of the second optimizer, and the others."""
        named = set(self.second_losses)
        losses = self.distillation_losses
        second = [loss for loss in losses if loss.name in named]
        return second, [loss for loss in losses if loss.name not in named]

    def train_step(self, data):
        import tensorflow as tf  # Lazily: tfkd.distillers runs without it.

        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        second, first = self._split()
        movers = (
            (self.optimizer, self.trainable_variables),
            (
                self.second_optimizer,
                [*self.network.trainable_variables, *self.moved_apart()],
            ),
        )
        with tf.GradientTape(persistent=True) as tape:
            y_pred = self(x, training=True)
            given = (x, y, y_pred, weight, self._step())
            losses = [
                self._task_loss(*given) + self._knowledge_loss(*given, first),
                self._knowledge_loss(*given, second)
                + self._penalties(self.moved_apart()),
            ]
            scaled = [
                optimizer.scale_loss(loss)
                for (optimizer, _), loss in zip(movers, losses)
            ]
        gradients = [
            tape.gradient(loss, weights)
            for loss, (_, weights) in zip(scaled, movers)
        ]
        for (optimizer, weights), slopes in zip(movers, gradients):
            # Maps do not depend on the classifier above them.
            reached = [p for p in zip(slopes, weights) if p[0] is not None]
            optimizer.apply_gradients(reached)
        return self._end_step(x, y, y_pred, weight, sum(losses))

    def parts(self):
        return {
            **super().parts(),
            "second_losses": self.second_losses,
            "second_optimizer": keras.optimizers.serialize(
                self.second_optimizer
            ),
        }
