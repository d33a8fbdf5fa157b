"""A game whose critic is taught that the teacher's images are good ones."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.adversarial import Adversarial
from tfkd.numerics import per_example
from tfkd.taps import Extractor
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class TaughtCritic(Adversarial):
    """A game in which the teacher's images are almost as good as real ones.

    Equation:  L = game + b [ R(D(T)) + max(0, d(Y, T) - d(Y, S) + m) ]
               d(A, B) = mean |D'(A) - D'(B)|
    Symbols:   S the student's image, T the teacher's of the same input, Y
               the label, the real image; D the critic, D' its tap
               `feature_tap`; R what the game says of a real score alone; m =
               `margin`; b = `teaching_weight`. The second term moves the
               critic alone.
    Paper:     Chen et al., *Distilling Portable Generative Adversarial
               Networks for Image Translation*, AAAI 2020, arXiv:2003.03519.

    Args:
        critic: See `Adversarial`; a functional model.
        answer_tap: Name of T among the network's taps, without gradient.
        feature_tap: Of the critic; what its last layer reads if absent.
        margin: m >= 0.
        teaching_weight: b >= 0.
        **kwargs: See `Adversarial`; labels are the real images.

    Raises:
        InputError: If a number is out of range, the critic has no such tap,
            or the images differ in shape.
    """

    def __init__(
        self,
        critic,
        *,
        answer_tap,
        feature_tap="score:input",
        margin=1.0,
        teaching_weight=1.0,
        name="game",
        **kwargs,
    ):
        kwargs.pop("teacher_tap", None)
        super().__init__(critic, teacher_tap=None, name=name, **kwargs)
        numbers = (margin, teaching_weight)
        if not all(0 <= number < float("inf") for number in numbers):
            raise InputError(
                "margin and teaching_weight must be finite numbers >= 0, "
                f"received {margin!r} and {teaching_weight!r}."
            )
        self.answer_tap = answer_tap
        self.feature_tap = feature_tap
        self.margin = margin
        self.teaching_weight = teaching_weight
        self.student_taps = tuple(
            dict.fromkeys((*self.student_taps, answer_tap))
        )
        self._critic_taps = Untracked(extractor=None)

    def setup(self, teacher, student):
        super().setup(teacher, student)
        shapes = [
            tuple(student[name].shape)
            for name in (self.student_taps[0], self.answer_tap)
        ]
        if shapes[0] != shapes[1]:
            raise InputError(
                f"{self.name} compares images of one shape, received "
                f"{shapes[0]} of the student and {shapes[1]} of the teacher."
            )
        self._critic_taps.extractor = Extractor(
            self.critic, (self.feature_tap, "outputs")
        )

    def values(self, teacher, student, *, labels, index, step):
        game = super().values(
            teacher, student, labels=labels, index=index, step=step
        )
        fake = ops.stop_gradient(student[self.student_taps[0]])
        condition = None
        if self.condition_tap is not None:
            condition = ops.stop_gradient(student[self.condition_tap])
        real = self._real(teacher, labels, fake)
        answer = ops.stop_gradient(student[self.answer_tap])
        return game + self.teaching_weight * self.teaching_values(
            real, ops.cast(answer, real.dtype), fake, condition
        )

    def teaching_values(self, real, answer, fake, condition=None):
        """Returns the second term of each example, `(batch,)`, without b."""
        found = []
        for image in (real, answer, fake):
            seen = image if condition is None else [image, condition]
            taps = self._critic_taps.extractor(seen, training=True)
            found.append((taps[self.feature_tap], taps["outputs"]))
        features = [ops.cast(tap, self.compute_dtype) for tap, _ in found]
        near, far = (
            per_example(ops.abs(features[0] - other)) for other in features[1:]
        )
        true = self.real_values(self._score(found[1][1]))
        return true + ops.relu(near - far + self.margin)

    def get_config(self):
        config = super().get_config()
        config.pop("teacher_tap")
        return {
            **config,
            "answer_tap": self.answer_tap,
            "feature_tap": self.feature_tap,
            "margin": self.margin,
            "teaching_weight": self.teaching_weight,
        }
