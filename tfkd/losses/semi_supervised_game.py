"""A classifier tells images that a generator makes from those of the batch."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.models import critics
from tfkd.taps import TapGraph
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class SemiSupervisedGame(KDLoss):
    """The classes' scores together say that an image is real.

    Equation:  L = [-d(x) + s(d(x)) + s(d(G(e)))] / 2
                   + mean_j (mean_b f_j(G(e)) - mean_b f_j(x))^2,
               d = log sum_k exp z_k, the logit of "real" against a class
               "made" of logit 0; s = softplus
               In the first part the images G(e) are held; in the second, the
               student's weights and f(x): it moves the generator alone.
    Symbols:   x a batch of images, of which no label is read; z (batch,
               classes) logits of the student; f (batch, features) its tap; G
               = `generator`; e standard normal noise.
    Paper:     Salimans, Goodfellow, Zaremba, Cheung, Radford & Chen,
               *Improved Techniques for Training GANs*, NeurIPS 2016,
               arXiv:1606.03498, Sec 3.1 and 5; halves and means over j as in
               the authors' released code.

    Both move at once, by one optimizer. The student runs on the images that
    are made twice more a step.

    Args:
        generator: A functional model from noise `(batch, size)` to the
            student's inputs: see `tfkd.models.generator`.
        feature_tap: Name of f; a map is read flat.
        logits_tap: Name of z.
        seed: Of the noise.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the generator does not make the student's inputs, or
            the logits are no scores of classes.
    """

    pairwise = True

    def __init__(
        self,
        generator,
        *,
        feature_tap,
        logits_tap="logits",
        seed=0,
        name="semi_supervised_game",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.generator = generator
        self.student_taps = (logits_tap, feature_tap)
        self.seed = int(seed)
        self.noise = keras.random.SeedGenerator(self.seed)

    def attach(self, teacher, student):
        graph = TapGraph(student)
        inputs = keras.tree.flatten(graph.inputs)
        made = tuple(self.generator.output_shape)
        if len(inputs) != 1 or made[1:] != tuple(inputs[0].shape)[1:]:
            raise InputError(
                f"The generator of {self.name!r} must make the student's "
                f"inputs, {[tuple(t.shape) for t in inputs]}, received one "
                f"of {made}. Build it with that output_shape."
            )
        read = [graph.tensor(name) for name in self.student_taps]
        self._student = Untracked(model=keras.Model(graph.inputs, read))

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        if len(shape) != 2:
            raise InputError(
                f"{self.name!r} needs logits (batch, classes), the tap "
                f"{self.student_taps[0]!r} has shape {shape}. Name a "
                "classifier's logits."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits, features = (student[name] for name in self.student_taps)
        made = self.make(ops.shape(logits)[0])
        model = self._student.model
        seen, _ = model(ops.stop_gradient(made), training=True)
        _, found = critics.held(model, made)
        return self.student_values(logits, seen) + self.generator_values(
            features, found
        )

    def make(self, count):
        """Returns images of fresh noise."""
        noise = keras.random.normal(
            (count, self.generator.input_shape[-1]), seed=self.noise
        )
        return self.generator(noise, training=True)

    def student_values(self, real, made):
        """Returns the first part, of logits, for each example."""
        real, made = (
            ops.logsumexp(ops.cast(z, self.compute_dtype), axis=-1)
            for z in (real, made)
        )
        # s(d) - d = s(-d)
        return 0.5 * (ops.softplus(-real) + ops.softplus(made))

    def generator_values(self, real, made):
        """Returns the second part, of features, the same for each example."""
        real, made = (
            ops.mean(self._flat(f), axis=0)
            for f in (ops.stop_gradient(real), made)
        )
        return ops.mean(ops.square(made - real))

    def _flat(self, features):
        features = ops.cast(features, self.compute_dtype)
        return ops.reshape(features, (ops.shape(features)[0], -1))

    def save_own_variables(self, store):
        store["noise"] = self.noise.state

    def load_own_variables(self, store):
        self.noise.state.assign(store["noise"])

    def get_config(self):
        return {
            **super().get_config(),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "feature_tap": self.student_taps[1],
            "logits_tap": self.student_taps[0],
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        generator = keras.saving.deserialize_keras_object(config["generator"])
        return cls(**{**config, "generator": generator})
