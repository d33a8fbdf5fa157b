"""What a network confuses each class with, in two modalities."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows


@keras.saving.register_keras_serializable("tfkd")
class ClassConfusions(KDLoss):
    """Divergence of two confusion matrices, to and fro.

    Equation:  L = 1/|P| sum_(c in P) 1/2 [ KL(q_c || q'_c)
                                            + KL(q'_c || q_c) ] ,
               q_c = softmax(1/T mean_(i: y_i = c) z_i)
    Symbols:   z, z' (batch, ..., classes) logits of two modalities, with
               labels y, y'; i positions of the whole batch; P the classes
               that occur in both; T = `temperature`. One value for the
               batch, given to each example; 0 where P is empty. In nats.
    Paper:     Dou et al., *Unpaired Multi-modal Segmentation via Knowledge
               Distillation*, IEEE TMI 2020, arXiv:2001.03111; without T^2,
               and with gradients on both sides, as in the authors' code.

    Args:
        names: The two modalities: keys of the labels.
        student_taps: Names of z and z', `names` if absent.
        temperature: T > 0, a number or schedule.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If there are not two modalities, T is not positive, logits
            score other classes, or a batch lacks labels of one.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        names,
        student_taps=None,
        temperature=2.0,
        name="class_confusions",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.names = tuple(names)
        self.student_taps = tuple(student_taps or self.names)
        if len(set(self.names)) != 2 or len(set(self.student_taps)) != 2:
            raise InputError(
                f"{name} compares two modalities, received labels "
                f"{self.names} and taps {self.student_taps}."
            )
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )

    def setup(self, teacher, student):
        shapes = [tuple(student[tap].shape) for tap in self.student_taps]
        if not compatible((None, shapes[0][-1]), (None, shapes[1][-1])):
            raise InputError(
                f"{self.name} compares logits of the same classes, received "
                f"shapes {shapes}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        if not isinstance(labels, dict) or not set(self.names) <= set(labels):
            raise InputError(
                f"{self.name} needs labels of each modality, a dict with the "
                f"keys {list(self.names)}, received "
                f"{sorted(labels) if isinstance(labels, dict) else labels!r}."
            )
        logits = [student[tap] for tap in self.student_taps]
        first, second = (
            self.confusions(z, label_rows(labels[name], z, self.name))
            for z, name in zip(logits, self.names)
        )
        occurs = ops.cast(first[1] & second[1], first[0].dtype)
        temperature = ops.cast(self.temperature(step), first[0].dtype)
        one, other = first[0] / temperature, second[0] / temperature
        divergence = (softmax_kl(one, other) + softmax_kl(other, one)) / 2
        count = ops.maximum(ops.sum(occurs), 1.0)
        value = ops.sum(occurs * divergence) / count
        return value * ops.ones((ops.shape(logits[0])[0],), value.dtype)

    def confusions(self, logits, rows):
        """Returns the mean logits of each class, and whether it occurs.

        Args:
            logits: z.
            rows: Labels in the shape of z.
        """
        classes = logits.shape[-1]
        logits, rows = (ops.reshape(x, (-1, classes)) for x in (logits, rows))
        count = ops.sum(rows, axis=0)[:, None]
        total = ops.matmul(ops.transpose(rows), logits)
        mean = total / ops.maximum(count, 1.0)
        return mean, count[:, 0] > 0

    def get_config(self):
        return {
            **super().get_config(),
            "names": self.names,
            "student_taps": self.student_taps,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
        }
