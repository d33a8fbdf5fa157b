"""Distillation on inputs that a GAN of the training data makes, too."""

import keras
import numpy as np
from keras import ops

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.first_stage import FirstStageDistiller
from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class GANDistiller(FirstStageDistiller):
    """A `Distiller` some of whose batches a GAN makes.

    The first `fit` trains the GAN before, on the inputs it is given, with
    Adam of beta_1 0.5. Then each batch is either made, of classes drawn
    uniformly, or real; made ones have no label, as if it was -1. What is made
    is a function of `seed` and of the step. It needs the TensorFlow backend.

    Args:
        gan: A `ClassGAN`, not trained.
        made_share: Probability in [0, 1] that a batch is made.
        gan_epochs: For which the first `fit` trains the GAN, at least 1.
        gan_learning_rate: Of its Adam, > 0.
        seed: Of what is made.
        name: Name of the model.
        **kwargs: See `Distiller`.

    Attributes:
        generator: From noise and one-hot classes, side by side, to inputs.

    Raises:
        InputError: If a number is out of range, or Keras runs on another
            backend.
    """

    stage_name = "gan"

    def __init__(
        self,
        *,
        gan,
        made_share,
        gan_epochs,
        gan_learning_rate=2e-4,
        seed=0,
        name="gan_distiller",
        **kwargs,
    ):
        super().__init__(
            stage=gan,
            kept=[gan.generator],
            epochs=gan_epochs,
            learning_rate=gan_learning_rate,
            name=name,
            **kwargs,
        )
        if not 0 <= made_share <= 1:
            raise InputError(
                f"made_share must be in [0, 1], received {made_share!r}."
            )
        # What makes inputs is kept; what it was trained by is not.
        self.generator = gan.generator
        self.made_share = made_share
        self.seed = seed

    def fit_gan(self, x, y=None, *, batch_size=None, verbose=0):
        """Trains the GAN: see `fit_stage`.

        Args:
            x: Inputs, an array.
            y: Labels, `None` or -1 where there is none: the class is then
                the teacher's.
            batch_size: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`.

        Raises:
            InputError: If x is no array.
        """
        self.fit_stage(x, y, batch_size=batch_size, verbose=verbose)

    def stage_inputs(self, x, y):
        """Returns inputs and one-hot classes; without label the teacher's."""
        rows = self._rows(x, y)
        return {"inputs": x, "classes": rows}, rows

    def _rows(self, x, y):
        """One-hot classes; the teacher's where there is no label."""
        parts = np.array_split(x, max(1, len(x) // 256))
        found = [
            self._teacher_taps(batch_lib.views(ops.convert_to_tensor(p)), {}, 0)
            for p in parts
        ]
        logits = [ops.convert_to_numpy(taps["logits"]) for taps in found]
        classes = np.argmax(np.concatenate(logits), axis=-1)
        if y is not None:
            y = np.asarray(y)
            one_hot = y.ndim == 2 and y.shape[1] > 1
            y = np.argmax(y, axis=-1) if one_hot else y.reshape(-1)
            classes = np.where(y >= 0, y, classes)
        return np.eye(logits[0].shape[-1], dtype="float32")[classes]

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        import tensorflow as tf  # Lazily: other backends do without it.

        x = ops.cast(batch_lib.views(x).student, "float32")
        step = ops.cast(self.optimizer.iterations, "int32")
        seed = ops.stack([ops.convert_to_tensor(self.seed, "int32"), step])
        made = tf.random.stateless_uniform([], seed) < self.made_share
        x = tf.cond(made, lambda: self._make(ops.shape(x)[0], seed), lambda: x)
        if y is not None:
            none = batch_lib.no_labels(y, self.student.output_shape)
            y = ops.where(made, none, y)
        if weight is not None:
            # Weights are those of the real examples.
            weight = ops.where(made, ops.ones_like(weight), weight)
        return super().train_step((x, y, weight))

    def _make(self, count, seed):
        import tensorflow as tf

        classes = self.student.output_shape[-1]
        noise_size = self.generator.input_shape[-1] - classes
        labels = tf.random.stateless_uniform(
            [count], seed, maxval=classes, dtype="int32"
        )
        noise = tf.random.stateless_normal([count, noise_size], seed + 1)
        rows = ops.one_hot(labels, classes, dtype="float32")
        return self.generator(ops.concatenate([noise, rows], axis=-1))
