"""A critic tells two domains of a batch apart, and one deceives it."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import labelled_examples
from tfkd.models import critics
from tfkd.numerics import per_example

# Kind to the cost of a score that should be real, and of one that should not.
_KINDS = {
    "vanilla": (lambda s: ops.softplus(-s), ops.softplus),
    "lsgan": (lambda s: ops.square(s - 1.0), ops.square),
}


@keras.saving.register_keras_serializable("tfkd")
class DomainGame(KDLoss):
    """Examples without label come to look like those with one, to a critic.

    Equation:  L = mean_T r(D(F)) + 1/2 [ mean_S r(D(F)) + mean_T f(D(F)) ] ,
               the first with D's weights held, the others with F held

               | kind    | r(s)        | f(s)            |
               |---------|-------------|-----------------|
               | vanilla | -log sig(s) | -log sig(-s)    |
               | lsgan   | (s - 1)^2   | s^2             |
    Symbols:   S the batch's examples with a label, the source domain, T those
               without, the target; F the student's tap; D = `critic`, any
               number of scores an example, whose costs are averaged. A mean
               over no example is 0. With `reverse`, S and T are exchanged.
    Paper:     Tsai et al., *Learning to Adapt Structured Output Space for
               Semantic Segmentation*, CVPR 2018, arXiv:1802.10349; the
               factors are those of the authors' code.

    Student and critic are updated at once, by one optimizer.

    Args:
        critic: A `keras.layers.Layer` or model from the tap to scores, such
            as `tfkd.models.critics.patches`.
        student_tap: Name of F.
        kind: `"vanilla"` or `"lsgan"`.
        reverse: Whether examples with a label deceive.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the kind is unknown, or the critic does not fit.
    """

    needs_labels = True

    def __init__(
        self,
        critic,
        *,
        student_tap,
        kind="vanilla",
        reverse=False,
        name="domain_game",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kind not in _KINDS:
            raise unknown("kind of domain game", kind, _KINDS)
        self.critic = critic
        self.student_taps = (student_tap,)
        self.kind = kind
        self.reverse = bool(reverse)

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        given = getattr(self.critic, "input_shape", shape)
        if len(given) != len(shape):
            raise InputError(
                f"The critic of {self.name!r} reads inputs of shape {given}, "
                f"received a tap of shape {shape}. Build it for the tap."
            )
        self.critic(keras.KerasTensor(shape, "float32"))
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        known = labelled_examples(labels, self.name)
        return self.game(student[self.student_taps[0]], known)

    def game(self, features, known):
        """Returns the loss of each example.

        Args:
            features: F, `(batch, ...)`.
            known: 1 for examples of S, 0 for those of T.
        """
        real, fake = _KINDS[self.kind]
        known = ops.cast(known, self.compute_dtype)
        first, second = (known, 1.0 - known)
        if self.reverse:
            first, second = second, first
        # A mean over the batch is then one over the examples of a domain.
        first, second = (
            weight / ops.maximum(ops.mean(weight), 1e-6)
            for weight in (first, second)
        )
        deceived = per_example(
            real(self._cast(critics.held(self.critic, features)))
        )
        scores = self._cast(
            self.critic(ops.stop_gradient(features), training=True)
        )
        told = first * per_example(real(scores)) + second * per_example(
            fake(scores)
        )
        return second * deceived + 0.5 * told

    def _cast(self, scores):
        return ops.cast(scores, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "critic": keras.saving.serialize_keras_object(self.critic),
            "student_tap": self.student_taps[0],
            "kind": self.kind,
            "reverse": self.reverse,
        }

    @classmethod
    def from_config(cls, config):
        critic = keras.saving.deserialize_keras_object(config["critic"])
        return cls(**{**config, "critic": critic})
