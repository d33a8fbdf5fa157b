"""Distillation on inputs that a GAN of the training data makes, too."""

import keras
import numpy as np
from keras import ops

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class GANDistiller(Distiller):
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
        require_tensorflow("GANDistiller")
        super().__init__(name=name, **kwargs)
        if not (0 <= made_share <= 1 and 0 < gan_learning_rate < 1):
            raise InputError(
                "made_share must be in [0, 1] and gan_learning_rate in "
                f"(0, 1), received {made_share!r} and {gan_learning_rate!r}."
            )
        # What makes inputs is kept; what it was trained by is not.
        self.generator = gan.generator
        self.generator.trainable = False
        self._gan = Untracked(
            model=gan, epochs=gan_epochs, learning_rate=gan_learning_rate
        )
        self.made_share = made_share
        self.seed = seed
        self._trained = self.add_weight(
            (), "zeros", trainable=False, name="trained"
        )

    def fit(self, x=None, y=None, batch_size=None, verbose="auto", **kwargs):
        """Trains as `Distiller.fit`; the GAN before, the first time.

        Args:
            x: See `keras.Model.fit`; the first time an array.
            y: See `keras.Model.fit`.
            batch_size: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`.
            **kwargs: See `keras.Model.fit`.
        """
        if not ops.convert_to_numpy(self._trained):
            self.fit_gan(x, y, batch_size=batch_size, verbose=verbose)
        return super().fit(
            x, y, batch_size=batch_size, verbose=verbose, **kwargs
        )

    def fit_gan(self, x, y=None, *, batch_size=None, verbose=0):
        """Trains the GAN.

        Args:
            x: Inputs, an array.
            y: Labels, `None` or -1 where there is none: the class is then
                the teacher's.
            batch_size: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`.

        Raises:
            InputError: If x is no array.
        """
        if not hasattr(x, "__array__"):
            raise InputError(
                "A GAN is trained on inputs that are one array, "
                f"received {type(x).__name__}. Call fit_gan(x, y) with an "
                "array first."
            )
        gan = self._gan.model
        rows = self._rows(np.asarray(x), y)
        self.generator.trainable = True
        gan.compile(
            keras.optimizers.Adam(self._gan.learning_rate, beta_1=0.5),
            run_eagerly=self.run_eagerly,
            jit_compile=False,
        )
        gan.fit(
            {"inputs": np.asarray(x), "classes": rows},
            rows,
            batch_size=batch_size,
            epochs=self._gan.epochs,
            verbose=verbose,
        )
        self.generator.trainable = False
        self._trained.assign(1.0)

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
            y = ops.where(made, batch_lib.no_labels(y), y)
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

    def parts(self):
        raise InputError(
            "A GANDistiller can be saved as .keras when a method built it: "
            "tfkd.methods.get('tsc_gan').build(...). Save distiller.student, "
            "or use save_weights."
        )
