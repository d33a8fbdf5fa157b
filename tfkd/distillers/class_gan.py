"""A generator of labelled inputs, and the critic it learns against."""

import keras
from keras import ops

from tfkd.losses import Adversarial
from tfkd.models import critics
from tfkd.models import fresh
from tfkd.models import generator as generators


class ClassGAN(keras.Model):
    """AC-GAN: the critic names real or made, and the class.

    `fit({"inputs": x, "classes": rows}, rows)` trains both networks by one
    optimizer; `generator` takes noise and rows side by side.

    Equation:  critic:     -log D(x) - log(1 - D(G(e, y))) + H(y, C(x))
                               + H(y, C(G(e, y)))
               generator:  -log D(G(e, y)) + H(y, C(G(e, y)))
    Symbols:   x inputs, scaled to [-1, 1] for the critic; y (batch, classes)
               their one-hot classes; e Gaussian noise; D = sigmoid of the
               critic's first output, C its further ones.
    Paper:     Odena, Olah & Shlens, *Conditional Image Synthesis with
               Auxiliary Classifier GANs*, ICML 2017, arXiv:1610.09585.

    Args:
        input_shape: Of one example, `(height, width, channels)` or
            `(features,)`.
        classes: How many.
        value_range: `(low, high)` of raw inputs.
        noise_size: Width of e.
        filters: Channels of the generator's maps; the critic's are the same
            in reverse.
        seed: Of both networks' weights and of the noise.

    Attributes:
        generator: G, a `keras.Model`.
        game: The loss, with the critic.
    """

    def __init__(
        self,
        *,
        input_shape,
        classes,
        value_range,
        noise_size=100,
        filters=(128, 64),
        seed=0,
        name="class_gan",
    ):
        super().__init__(name=name)
        shape = (None, *input_shape)
        generator = generators.build(
            input_shape,
            noise_size=noise_size + classes,
            value_range=value_range,
            filters=filters,
        )
        widths, outputs = tuple(reversed(filters)), 1 + classes
        if len(input_shape) == 3:
            critic = critics.maps(shape, filters=widths, outputs=outputs)
        else:
            critic = critics.mlp(shape, units=widths, outputs=outputs)
        self.generator = fresh.fresh_copy(generator, seed)
        self.game = Adversarial(
            fresh.fresh_copy(critic, seed + 1),
            teacher_tap="real",
            student_tap="fake",
            class_weight=1.0,
        )
        spec = keras.KerasTensor(shape)
        self.game.setup({"real": spec}, {"fake": spec})
        self.value_range = value_range
        self.noise_size = noise_size
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, x, training=False):
        """Returns one made input of each row's class."""
        rows = ops.cast(x["classes"], "float32")
        noise = keras.random.normal(
            (ops.shape(rows)[0], self.noise_size), seed=self.seed_generator
        )
        noise = ops.concatenate([noise, rows], axis=-1)
        return self.generator(noise, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Returns the mean of both players' losses."""
        real, fake = {"real": self.scaled(x["inputs"])}, self.scaled(y_pred)
        values = self.game(real, {"fake": fake}, labels=y)
        # Divided among replicas, as Keras does with a compiled loss.
        return self._aggregate_additional_loss(ops.mean(values))

    def scaled(self, x):
        """Returns raw inputs scaled to [-1, 1]."""
        low, high = self.value_range
        return (ops.cast(x, "float32") - low) * (2.0 / (high - low)) - 1.0
