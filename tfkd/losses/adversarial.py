"""A critic that learns to tell the student's tap from the teacher's."""

import keras
from keras import ops

from tfkd import transforms
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.models import critics
from tfkd.numerics import per_example
from tfkd.numerics import safe_sqrt

_KINDS = ("vanilla", "lsgan", "hinge", "wgan_gp")


@keras.saving.register_keras_serializable("tfkd")
class Adversarial(KDLoss):
    """The student deceives a critic that is trained at the same time.

    Equation:  L = L_S(D(F_s)) + L_D(D(F_t), D(F_s)), the first with D's
               weights held, the second with F_s held (survey Eqns 11-12);
               t, s the scores of the teacher's and the student's tap:

               | kind    | L_D                                | L_S         |
               |---------|------------------------------------|-------------|
               | vanilla | -log sig(t) - log(1 - sig(s))      | -log sig(s) |
               | lsgan   | ((t - 1)^2 + s^2) / 2              | (s - 1)^2   |
               | hinge   | max(0, 1 - t) + max(0, 1 + s)      | -s          |
               | wgan_gp | s - t + l (||dD/dF||_2 - 1)^2      | -s          |

               at F = a F_t + (1 - a) F_s, a uniform in [0, 1).
               With a c = `class_weight`, C further outputs of D:
               L_D += c [H(y, C(F_t)) + H(y, C(F_s))],
               L_S += c H(y, C(F_s)).
    Symbols:   F_t, F_s taps of one shape; D = `critic`, any number of scores
               an example, whose mean counts; l = `gradient_penalty`; y
               labels; H cross-entropy to softmax, in nats.
    Paper:     Goodfellow et al., arXiv:1406.2661; Mao et al.,
               arXiv:1611.04076; Lim & Ye, arXiv:1705.02894; Gulrajani et
               al., arXiv:1704.00028; Odena et al., arXiv:1610.09585, for
               C. The student's vanilla term is the non-saturating one.

    Student and critic are updated at once, by one optimizer, unless
    `tfkd.distillers.TurnsDistiller` trains them. The critic runs in training
    mode. The gradient penalty is a nested gradient, which needs the TensorFlow
    backend.

    Args:
        critic: A `keras.layers.Layer` or model from a tap, or from the list
            `[tap, condition]`, to scores. Give it `dtype="float32"`.
        teacher_tap: Name of F_t, "real"; `None` where the labels are what
            the student's tap should look like, such as images.
        student_tap: Name of F_s, "fake".
        condition_tap: Name of a tap of the student that the critic sees
            beside, without gradient, such as the image.
        kind: See above.
        gradient_penalty: l >= 0, for `"wgan_gp"` only.
        confusion: Factor >= 0 of L_S in the critic's own loss: the student's
            samples under the teacher's label, which keep the critic weak.
        class_weight: c >= 0. Where it is above 0, the critic returns one
            score and then one logit a class, `(batch, 1 + classes)`.
            Examples of label -1 count in the game alone.
        student_transform: A `tfkd.transforms.Transform` that brings F_s to
            the shape of F_t, trained with the student.
        seed: Of the mixing a, with the step.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the kind is unknown, a number is out of range, the
            taps differ in shape, or the critic has no outputs for classes.
    """

    def __init__(
        self,
        critic,
        *,
        teacher_tap,
        student_tap,
        condition_tap=None,
        kind="vanilla",
        gradient_penalty=10.0,
        confusion=0.0,
        class_weight=0.0,
        student_transform=None,
        seed=0,
        name="adversarial",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if kind not in _KINDS:
            raise unknown("kind of adversarial loss", kind, _KINDS)
        numbers = (gradient_penalty, confusion, class_weight)
        if not all(0 <= number < float("inf") for number in numbers):
            raise InputError(
                "class_weight, gradient_penalty and confusion must be finite "
                f"numbers >= 0, received {class_weight!r}, "
                f"{gradient_penalty!r} and {confusion!r}."
            )
        self.critic = critic
        self.teacher_taps = () if teacher_tap is None else (teacher_tap,)
        self.student_taps = (student_tap,)
        if condition_tap is not None:
            self.student_taps = tuple(
                dict.fromkeys((student_tap, condition_tap))
            )
        self.condition_tap = condition_tap
        self.kind = kind
        self.gradient_penalty = gradient_penalty
        self.confusion = confusion
        self.class_weight = class_weight
        self.needs_labels = class_weight > 0 or teacher_tap is None
        self.student_transform = student_transform or transforms.Identity()
        self.seed = seed
        if self._penalizes():
            require_tensorflow("A gradient penalty (kind='hinge' has none)")

    def setup(self, teacher, student):
        fake = _symbolic(student[self.student_taps[0]])
        real = fake
        if self.teacher_taps:
            real = _symbolic(teacher[self.teacher_taps[0]])
        self.student_transform.match(tuple(real.shape))
        fake = self.student_transform(fake)
        if not compatible(tuple(real.shape), tuple(fake.shape)):
            raise InputError(
                f"The critic of {self.name!r} compares taps of one shape, "
                f"received {tuple(real.shape)} of the teacher and "
                f"{tuple(fake.shape)} of the student. Choose other taps, or "
                "give `student_transform=tfkd.transforms.Regressor()`."
            )
        condition = student.get(self.condition_tap)
        found = self._outputs(
            real, None if condition is None else _symbolic(condition)
        )
        shape = tuple(found.shape)
        if self.class_weight and (len(shape) != 2 or shape[1] < 3):
            raise InputError(
                f"The critic of {self.name!r} must return one score and then "
                "one logit a class, (batch, 1 + classes), received shape "
                f"{shape}. Give it so many outputs, or class_weight=0."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        fake = self.student_transform(student[self.student_taps[0]])
        real = self._real(teacher, labels, fake)
        condition = None
        if self.condition_tap is not None:
            condition = ops.stop_gradient(student[self.condition_tap])
        held = critics.held(self.critic, _pair(fake, condition))
        deceived = self.student_values(self._score(held))
        fake = ops.stop_gradient(fake)
        seen = [self._outputs(x, condition) for x in (fake, real)]
        score, other = (self._score(outputs) for outputs in seen)
        critic = self.critic_values(other, score)
        if self.confusion:
            critic = critic + self.confusion * self.student_values(score)
        if self.class_weight:
            critic = critic + self.class_weight * sum(
                self.class_values(outputs, labels) for outputs in (held, *seen)
            )
        if self._penalizes():
            mix = self._mixing(real, step)
            critic = critic + self.gradient_penalty * self.penalty(
                mix * real + (1.0 - mix) * fake, condition
            )
        return deceived + critic

    def _real(self, teacher, labels, fake):
        if self.teacher_taps:
            return teacher[self.teacher_taps[0]]
        if labels is None or not compatible(
            tuple(labels.shape), tuple(fake.shape)
        ):
            raise InputError(
                f"The critic of {self.name!r} compares the student's tap of "
                f"shape {tuple(fake.shape)} with labels, received "
                f"{getattr(labels, 'shape', None)}. Fit on (inputs, labels) "
                "of this shape, or name a teacher_tap."
            )
        return ops.cast(labels, fake.dtype)

    def scores(self, features, condition=None):
        """Returns the critic's score of each example, `(batch,)`."""
        return self._score(self._outputs(features, condition))

    def held_scores(self, features, condition=None):
        """Returns the same, with no gradient to the critic's weights."""
        return self._score(
            critics.held(self.critic, _pair(features, condition))
        )

    def class_values(self, outputs, labels):
        """Returns H(y, C) of the critic's outputs, `(batch,)`."""
        logits = ops.cast(outputs[:, 1:], self.compute_dtype)
        rows = label_rows(labels, logits, self.name)
        return -ops.sum(rows * ops.log_softmax(logits, axis=-1), axis=-1)

    def critic_values(self, real, fake):
        """Returns L_D of two scores, without the gradient penalty."""
        if self.kind == "vanilla":
            seen = ops.softplus(fake)
        elif self.kind == "lsgan":
            seen = 0.5 * ops.square(fake)
        elif self.kind == "hinge":
            seen = ops.relu(1.0 + fake)
        else:
            seen = fake
        return self.real_values(real) + seen

    def real_values(self, real):
        """Returns what L_D says of the score of "real" alone."""
        if self.kind == "vanilla":
            return ops.softplus(-real)
        if self.kind == "lsgan":
            return 0.5 * ops.square(real - 1.0)
        if self.kind == "hinge":
            return ops.relu(1.0 - real)
        return -real

    def student_values(self, fake):
        """Returns L_S of a score."""
        if self.kind == "vanilla":
            return ops.softplus(-fake)
        if self.kind == "lsgan":
            return ops.square(fake - 1.0)
        return -fake

    def penalty(self, features, condition=None):
        """Returns (||dD/dF||_2 - 1)^2 at some features, `(batch,)`."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(features)
            scores = self.scores(features, condition)
        gradient = tape.gradient(scores, features)
        square = per_example(ops.square(gradient), "sum")
        return ops.square(safe_sqrt(square) - 1.0)

    def _penalizes(self):
        return self.kind == "wgan_gp" and self.gradient_penalty > 0

    def _mixing(self, features, step):
        """One number in [0, 1) an example, of the seed and the step."""
        import tensorflow as tf

        shape = [ops.shape(features)[0]] + [1] * (len(features.shape) - 1)
        seed = ops.stack(
            [ops.convert_to_tensor(self.seed, "int32"), ops.cast(step, "int32")]
        )
        return tf.random.stateless_uniform(shape, seed, dtype=features.dtype)

    def _outputs(self, features, condition):
        return self.critic(_pair(features, condition), training=True)

    def _score(self, outputs):
        outputs = ops.cast(outputs, self.compute_dtype)
        return outputs[:, 0] if self.class_weight else per_example(outputs)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "critic": serialize(self.critic),
            "teacher_tap": (*self.teacher_taps, None)[0],
            "student_tap": self.student_taps[0],
            "condition_tap": self.condition_tap,
            "kind": self.kind,
            "gradient_penalty": self.gradient_penalty,
            "confusion": self.confusion,
            "class_weight": self.class_weight,
            "student_transform": serialize(self.student_transform),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for key in ("critic", "student_transform"):
            config[key] = keras.saving.deserialize_keras_object(config[key])
        return cls(**config)


def _symbolic(spec):
    return keras.KerasTensor(tuple(spec.shape), "float32")


def _pair(features, condition):
    return features if condition is None else [features, condition]
