"""Distillation after another model was trained on the same data."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.untracked import Untracked


class FirstStageDistiller(Distiller):
    """A `Distiller` whose first `fit` trains a GAN or the like before.

    The first stage is a `keras.Model` with a loss of its own, trained by Adam
    of beta_1 0.5 on what `fit` is given. Networks of it that the second stage
    needs are kept, frozen, and saved; the rest is not.

    Subclasses implement `stage_inputs` and what becomes of the networks. It
    needs the TensorFlow backend.

    Args:
        stage: The model of the first stage, not trained.
        kept: Its networks that are needed later, also attributes of the
            subclass.
        epochs: For which the first `fit` trains it, at least 1.
        learning_rate: Of its Adam, in (0, 1).
        name: Name of the model.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If epochs or learning rate are out of range, or Keras
            runs on another backend.
    """

    # What begins the names of a user's arguments, in errors.
    stage_name = "stage"

    def __init__(self, *, stage, kept, epochs, learning_rate, name, **kwargs):
        require_tensorflow(type(self).__name__)
        super().__init__(name=name, **kwargs)
        checks.whole(1, **{f"{self.stage_name}_epochs": epochs})
        if not 0 < learning_rate < 1:
            raise InputError(
                f"{self.stage_name}_learning_rate must be in (0, 1), received "
                f"{learning_rate!r}."
            )
        self._stage = Untracked(
            model=stage,
            kept=kept,
            epochs=int(epochs),
            learning_rate=learning_rate,
        )
        self._hold(False)
        self._trained = self.add_weight(
            (), "zeros", trainable=False, name="trained"
        )

    def _hold(self, trainable):
        for network in self._stage.kept:
            network.trainable = trainable

    def stage_inputs(self, x, y):
        """Returns arguments of the first stage's `fit`, a tuple.

        Args:
            x: Inputs, an array.
            y: Labels, or `None`.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def fit(self, x=None, y=None, batch_size=None, verbose="auto", **kwargs):
        """Trains as `Distiller.fit`; the first stage before, the first time.

        Args:
            x: See `keras.Model.fit`; the first time an array.
            y: See `keras.Model.fit`.
            batch_size: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`.
            **kwargs: See `keras.Model.fit`.
        """
        if not ops.convert_to_numpy(self._trained):
            self.fit_stage(x, y, batch_size=batch_size, verbose=verbose)
        return super().fit(
            x, y, batch_size=batch_size, verbose=verbose, **kwargs
        )

    def fit_stage(self, x, y=None, *, batch_size=None, verbose=0):
        """Trains the first stage.

        Args:
            x: Inputs, an array.
            y: Labels, `None` or -1 where there is none.
            batch_size: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`.

        Raises:
            InputError: If x is no array.
        """
        if not hasattr(x, "__array__"):
            raise InputError(
                "The first stage is trained on inputs that are one array, "
                f"received {type(x).__name__}. Call fit_stage(x, y) with an "
                "array first."
            )
        found = self.stage_inputs(np.asarray(x), y)
        self._hold(True)
        self._stage.model.compile(
            keras.optimizers.Adam(self._stage.learning_rate, beta_1=0.5),
            run_eagerly=self.run_eagerly,
            jit_compile=False,
        )
        self._stage.model.fit(
            *found,
            batch_size=batch_size,
            epochs=self._stage.epochs,
            verbose=verbose,
        )
        self._hold(False)
        self._trained.assign(1.0)

    def parts(self):
        raise InputError(
            f"A {type(self).__name__} can be saved as .keras when a method "
            "built it: tfkd.methods.get(key).build(...). Save "
            "distiller.student, or use save_weights."
        )
