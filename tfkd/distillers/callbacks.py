"""What a distiller watches while it trains."""

import math
import threading

import keras
import numpy as np

from tfkd.errors import InputError


class StopAtNonFinite(keras.callbacks.Callback):
    """Ends a training at the first loss that is NaN or infinite.

    An accelerator need not wait for it. On JAX and PyTorch, where no progress
    bar and no other callback looks at batches, Keras reads their logs in other
    threads while the next batches are computed. The training may be some steps
    further then, but no epoch ends, and no callback stores what is broken.

    Raises:
        InputError: Naming the parts of the loss, and the step.
    """

    # What tells Keras that it may call this in other threads.
    async_safe = True

    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()
        self._thread = self._epoch = self._first = None

    def on_epoch_begin(self, epoch, logs=None):
        self._thread, self._epoch = threading.get_ident(), epoch
        self._first = None

    def on_train_batch_end(self, batch, logs=None):
        logs = logs or {}
        if math.isfinite(float(logs.get("loss", 0.0))):
            return
        with self._lock:
            if self._first is None or batch < self._first[0]:
                self._first = batch, logs
        if threading.get_ident() == self._thread:
            self._stop()
        # Another thread may not have come to an earlier batch yet.
        self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if self._first is not None:
            self._stop()

    def _stop(self):
        batch, logs = self._first
        # A metric may have a value for each class.
        bad = {
            name: np.asarray(value)
            for name, value in logs.items()
            if not np.all(np.isfinite(value))
        }
        # The total is named only where no part explains it.
        parts = {n: v for n, v in bad.items() if n != "loss"} or bad
        raise InputError(
            "Every part of the loss must be finite, received "
            f"{', '.join(f'{n}={v}' for n, v in parts.items())} at step "
            f"{batch} of epoch {self._epoch} (both counted from 0). Lower the "
            "learning rate or the weight of this part, and look for NaN in "
            "the data. Checkpoints of earlier steps are kept."
        )
