"""Copies of networks that other processes train."""

import os
import tempfile

import keras
import numpy as np
from keras import ops

from tfkd import weights as weights_lib
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.errors import unknown
from tfkd.taps import Extractor
from tfkd.teachers.base import Teacher
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class ExchangeTeacher(Teacher):
    """The mean prediction of networks whose checkpoints lie in a folder.

    Every `exchange_steps` steps the student's weights are written to
    `directory`, replacing the last ones in one step, and the newest of every
    other member are read. Each member is a process (or a distiller) with an
    `ExchangeTeacher` of its own; all train networks of one architecture.

    A member whose file is not there yet does not count. While there is none,
    the teacher says what the student says: the divergence and its gradient
    are zero.

    Equation:  p = 1 / n sum_j softmax(z_j), returned as log-probabilities
    Symbols:   z_j (batch, classes) logits of the n members that are there.
    Paper:     Anil et al., *Large Scale Distributed Neural Network Training
               through Online Distillation*, ICLR 2018, arXiv:1804.03235.

    TensorFlow only. Files are not locked: each has one writer.

    Args:
        directory: Folder that all members share; made if absent.
        member: Name of this member, a plain file name.
        others: Names of the other members.
        exchange_steps: Steps between two exchanges, at least 1.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If a name or number does not fit.
    """

    follows_student = True

    def __init__(
        self, directory, *, member, others, exchange_steps=50, **kwargs
    ):
        super().__init__(**kwargs)
        # It reads and writes files within a training step.
        require_tensorflow("ExchangeTeacher")
        # Files cannot be read or written inside a compiled XLA program.
        self.supports_jit = False
        others = [others] if isinstance(others, str) else list(others)
        names = [member, *others]
        if len(set(names)) < 2 or len(set(names)) < len(names):
            raise InputError(
                "An exchange needs at least one other member, each with a "
                f"name of its own; received member={member!r}, "
                f"others={others}."
            )
        for name in names:
            if not name or os.path.basename(name) != name:
                raise InputError(
                    f"A member's name is a file name, received {name!r}. Use "
                    "letters, digits, '-' and '_'."
                )
        if int(exchange_steps) < 1:
            raise InputError(
                f"exchange_steps must be at least 1, received "
                f"{exchange_steps!r}."
            )
        self.directory = os.fspath(directory)
        self.member = member
        self.others = others
        self.exchange_steps = int(exchange_steps)
        self._untracked = Untracked(extractors=[])

    def path(self, member):
        """Returns where a member's weights are."""
        return os.path.join(self.directory, f"{member}.npz")

    def reads_from_student(self, taps):
        return tuple(taps)

    def connect(self, taps, student):
        for name in taps:
            if name != "logits":
                raise unknown("tap of an ExchangeTeacher", name, ["logits"])
        self.copies = []
        for _ in self.others:
            copy = weights_lib.clone(student)
            copy.trainable = False
            self.copies.append(copy)
        self._untracked.extractors = [Extractor(c, taps) for c in self.copies]
        # Which members are there: 1 or 0.
        self.present = self.add_weight(
            (len(self.others),), "zeros", trainable=False, name="present"
        )
        self.built = True
        return self._untracked.extractors[0].specs

    def call(self, inputs, student=None, step=0):
        present = ops.convert_to_tensor(self.present)
        terms = [
            ops.log_softmax(
                ops.cast(extract(inputs, training=False)["logits"], "float32"),
                axis=-1,
            )
            # A member that is absent gets the share e^-1e9 = 0.
            + ops.where(present[i] > 0, 0.0, -1e9)
            for i, extract in enumerate(self._untracked.extractors)
        ]
        count = ops.maximum(ops.sum(present), 1.0)
        mean = ops.logsumexp(ops.stack(terms), axis=0) - ops.log(count)
        own = ops.cast(student["logits"], "float32")
        return {"logits": ops.where(ops.any(present > 0), mean, own)}

    def update(self, student, step):
        step = ops.cast(step, "int32")
        due = ops.equal(step % self.exchange_steps, 0)
        import tensorflow as tf  # Lazily: tfkd.teachers runs without it.

        tf.cond(due, lambda: self._exchange(student, step), lambda: 0)

    def _exchange(self, student, step):
        import tensorflow as tf

        weights = [tf.convert_to_tensor(w) for w in student.weights]
        types = [tf.float32] + [w.dtype for w in weights] * len(self.others)
        present, *found = tf.py_function(
            self._write_and_read, [step, *weights], types
        )
        present.set_shape(self.present.shape)
        self.present.assign(present)
        variables = [v for copy in self.copies for v in copy.weights]
        for variable, value in zip(variables, found, strict=True):
            value.set_shape(variable.shape)
            variable.assign(value)
        return 0

    def _write_and_read(self, step, *weights):
        """Returns who is there, and the weights of each."""
        weights = [np.asarray(w) for w in weights]
        self._write(int(step), weights)
        found = [self._read(name, weights) for name in self.others]
        present = np.array([f is not None for f in found], "float32")
        copies = [weights if f is None else f for f in found]
        return [present, *(w for copy in copies for w in copy)]

    def _write(self, step, weights):
        os.makedirs(self.directory, exist_ok=True)
        arrays = {str(n): _storable(w) for n, w in enumerate(weights)}
        handle, part = tempfile.mkstemp(".part", self.member, self.directory)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, step=step, **arrays)
            # Readers see the old file or the new one, never a part of it.
            os.replace(part, self.path(self.member))
        except BaseException:
            os.unlink(part)
            raise

    def _read(self, member, like):
        try:
            with np.load(self.path(member), allow_pickle=False) as arrays:
                found = [arrays[str(i)] for i in range(len(arrays.files) - 1)]
        except FileNotFoundError:
            return None
        shapes = [w.shape for w in found]
        if shapes != [w.shape for w in like]:
            raise InputError(
                f"Member {member!r} of the exchange in {self.directory!r} "
                f"trains another architecture than {self.member!r}: weights "
                f"of shapes {shapes}, expected {[w.shape for w in like]}. "
                "Build all members' students alike, or use another folder."
            )
        return [w.astype(mine.dtype) for w, mine in zip(found, like)]

    def get_config(self):
        return {
            **super().get_config(),
            "directory": self.directory,
            "member": self.member,
            "others": list(self.others),
            "exchange_steps": self.exchange_steps,
        }


def _storable(weight):
    """A weight in float32 where NumPy's files lack its type: bfloat16."""
    return weight.astype("float32") if weight.dtype.kind == "V" else weight
