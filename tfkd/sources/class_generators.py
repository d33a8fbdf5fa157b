"""Generators of what a teacher takes for a class that they are told."""

import math

import keras
import numpy as np
import tensorflow as tf

from tfkd import checks
from tfkd import taps
from tfkd.errors import require_tensorflow
from tfkd.models import critics
from tfkd.models import fresh
from tfkd.models import generator as generators
from tfkd.numerics import flatten
from tfkd.sources import priors
from tfkd.sources.input_optimizer import check_range
from tfkd.sources.input_optimizer import input_shape

# Steps between two looks at the progress bar.
_CHUNK = 50


class ClassGenerators:
    """Trains several generators of labelled images, each with a decoder.

    Equation:  L = H(y, softmax(z(x))) + a mean (e - D(x))^2
                   + b exp(- mean_ij d(e_i, e_j) |x_i - x_j|),  x = G(y, e)
    Symbols:   y one-hot classes, drawn uniformly; e (batch, `noise_size`)
               Gaussian noise; z the teacher's logits; D the decoder; a =
               `decoding`; b = `diversity`, see
               `tfkd.sources.priors.diversity`; D and b see x scaled to
               [-1, 1].
    Paper:     Yoo et al., *Knowledge Extraction with No Observable Data*,
               NeurIPS 2019.

    The first `make` trains the generators, one after the other, by Adam. It
    needs the TensorFlow backend. The same seed gives the same images.

    Args:
        teacher: A built `keras.Model` or `tfkd.teachers.FrozenTeacher`.
        value_range: `(low, high)` of the teacher's raw inputs.
        generators: How many, at least 1; an equal share of images each.
        steps: Of each generator's optimizer, at least 1.
        batch_size: Images a step, at least 2.
        learning_rate: Of its Adam, > 0.
        decoding: a >= 0.
        diversity: b >= 0.
        noise_size: Width of e, at least 1.
        filters: Channels of each generator's maps.
        decoder_units: Of the hidden layers of D.
        seed: Whole number.

    Raises:
        InputError: If an argument is out of range, the teacher's input has
            no fixed size, or Keras runs on another backend.
    """

    adaptive = False

    def __init__(
        self,
        teacher,
        *,
        value_range=(0.0, 255.0),
        generators=5,
        steps=20000,
        batch_size=256,
        learning_rate=1e-3,
        decoding=1.0,
        diversity=1.0,
        noise_size=10,
        filters=(128, 64),
        decoder_units=(128,),
        seed=0,
    ):
        require_tensorflow("ClassGenerators")
        checks.whole(
            1, generators=generators, steps=steps, noise_size=noise_size
        )
        checks.whole(2, batch_size=batch_size)
        checks.not_negative(decoding=decoding, diversity=diversity)
        checks.positive(learning_rate=learning_rate)
        self.low, self.high = check_range(value_range)
        self.teacher = getattr(teacher, "model", teacher)
        self.preprocessing = getattr(teacher, "preprocessing", None)
        self.shape = input_shape(self.teacher)
        self.count = int(generators)
        self.steps = int(steps)
        self.batch_size = int(batch_size)
        self.learning_rate = learning_rate
        self.decoding = decoding
        self.diversity = diversity
        self.noise_size = int(noise_size)
        self.filters = filters
        self.decoder_units = decoder_units
        self.seed = seed
        self._logits = taps.Extractor(self.teacher, ["logits"])
        self.classes = self._logits.specs["logits"].shape[-1]
        self.generators = []

    def make(self, count, *, number=0, verbose=0):
        """Returns images of all classes in turn, and their labels.

        Args:
            count: How many, at least 1.
            number: Of the set: another one, other images.
            verbose: 0 for no progress bar.
        """
        if not self.generators:
            self.fit(verbose=verbose)
        random = np.random.default_rng([self.seed, number, 2])
        labels = np.arange(count, dtype="int32") % self.classes
        rows = np.eye(self.classes, dtype="float32")[labels]
        noise = random.normal(size=(count, self.noise_size))
        inputs = np.concatenate([noise.astype("float32"), rows], axis=1)
        # A generator for each round of classes.
        turn = np.arange(count) // self.classes % self.count
        images = np.empty((count, *self.shape), "float32")
        for place, network in enumerate(self.generators):
            own = turn == place
            if np.any(own):
                images[own] = network.predict(
                    inputs[own], batch_size=256, verbose=0
                )
        return images, labels

    def fit(self, verbose=0):
        """Trains all generators anew.

        Args:
            verbose: 0 for no progress bar.
        """
        bar = keras.utils.Progbar(
            self.count * self.steps, verbose=1 if verbose else 0
        )
        self.generators = [
            self._trained(place, bar) for place in range(self.count)
        ]

    def networks(self, place):
        """Returns a new generator and a new decoder.

        Args:
            place: Number of the generator, part of the seed.
        """
        generator = generators.build(
            self.shape,
            noise_size=self.noise_size + self.classes,
            value_range=(self.low, self.high),
            filters=self.filters,
        )
        decoder = critics.mlp(
            (None, math.prod(self.shape)),
            units=self.decoder_units,
            outputs=self.noise_size,
        )
        seed = self.seed + 2 * place
        return fresh.fresh_copy(generator, seed), fresh.fresh_copy(
            decoder, seed + 1
        )

    def loss(self, generator, decoder, noise, rows):
        """Returns the equation's value, a scalar."""
        x = generator(tf.concat([noise, rows], axis=-1), training=True)
        inputs = x if self.preprocessing is None else self.preprocessing(x)
        logits = self._logits(inputs, training=False)["logits"]
        log_p = tf.nn.log_softmax(tf.cast(logits, "float32"))
        total = -tf.reduce_mean(tf.reduce_sum(rows * log_p, -1))
        scaled = (x - self.low) * (2.0 / (self.high - self.low)) - 1.0
        gap = noise - decoder(flatten(scaled), training=True)
        total += self.decoding * tf.reduce_mean(tf.square(gap))
        if self.diversity:
            total += self.diversity * priors.diversity(noise, scaled)
        return total

    def _trained(self, place, bar):
        generator, decoder = self.networks(place)
        players = [
            *generator.trainable_variables,
            *decoder.trainable_variables,
        ]
        optimizer = keras.optimizers.Adam(self.learning_rate)
        optimizer.build(players)

        @tf.function
        def advance(count):
            for _ in tf.range(count):
                step = tf.cast(optimizer.iterations.value, "int32")
                seed = tf.stack([self.seed + place, 2 * step])
                noise = tf.random.stateless_normal(
                    [self.batch_size, self.noise_size], seed
                )
                classes = tf.random.stateless_uniform(
                    [self.batch_size], seed + 1, 0, self.classes, "int32"
                )
                with tf.GradientTape() as tape:
                    loss = self.loss(
                        generator,
                        decoder,
                        noise,
                        tf.one_hot(classes, self.classes),
                    )
                gradients = tape.gradient(loss, [v.value for v in players])
                optimizer.apply(gradients, players)

        done = 0
        while done < self.steps:
            count = min(_CHUNK, self.steps - done)
            advance(tf.constant(count))
            done += count
            bar.add(count)
        return generator
