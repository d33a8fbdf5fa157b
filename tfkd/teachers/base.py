"""What every teacher is."""

import keras


class Teacher(keras.layers.Layer):
    """Provides taps for a batch, and may follow the student.

    A frozen network, an ensemble, an average of the student's weights, an
    earlier checkpoint, answers stored on disk: the `Distiller` treats them
    alike.
    """

    # Whether `update` does anything: the Distiller skips it otherwise.
    follows_student = False
    # Whether it answers otherwise each time it is asked: its answers must not
    # be stored with the examples.
    stochastic = False
    # Which view of a batch it reads: the teacher's or the student's.
    sees = "teacher"
    # Whether answers that a batch carries can be its own.
    reads_stored = True
    # Taps that the distillers it is connected to have asked for.
    asked = ()

    def __init__(self, *, name="teacher", autocast=False, **kwargs):
        # The teacher's networks know in which precision they read.
        super().__init__(name=name, autocast=autocast, **kwargs)

    def reads_from_student(self, taps):
        """Returns the student's taps that `call` needs for these taps."""
        return ()

    def ask_for(self, taps):
        """Adds taps to `asked`, which keeps those of other distillers."""
        self.asked = tuple(dict.fromkeys((*self.asked, *taps)))

    def connect(self, taps, student):
        """Is told once, before any work, which taps will be asked for.

        Args:
            taps: Tap names.
            student: The model that is trained.

        Returns:
            Tap name to `keras.KerasTensor`.

        Raises:
            InputError: If a tap cannot be provided.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def call(self, inputs, student=None, step=0):
        """Returns tap name to tensor for the batch `inputs`.

        Args:
            inputs: What the teacher sees.
            student: Tap name to tensor of the student on the same batch.
            step: Number of optimizer updates so far.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def update(self, student, step):
        """Is called after each training step with the student model."""
