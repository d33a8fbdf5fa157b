"""What a distiller watches while it trains."""

import math

import keras
import numpy as np

from tfkd.errors import InputError


class StopAtNonFinite(keras.callbacks.Callback):
    """Ends a training at the first loss that is NaN or infinite.

    Raises:
        InputError: Naming the parts of the loss, and the step.
    """

    def on_train_batch_end(self, batch, logs=None):
        logs = logs or {}
        if math.isfinite(float(logs.get("loss", 0.0))):
            return
        # A metric may have a value for each class.
        bad = {
            name: np.asarray(value)
            for name, value in logs.items()
            if not np.all(np.isfinite(value))
        }
        # The total is named only where no part explains it.
        parts = {n: v for n, v in bad.items() if n != "loss"} or bad
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()  # JAX keeps the step elsewhere.
        optimizer = self.model.optimizer
        step = batch if optimizer is None else int(optimizer.iterations) - 1
        raise InputError(
            "Every part of the loss must be finite, received "
            f"{', '.join(f'{n}={v}' for n, v in parts.items())} at step "
            f"{step} (counted from 0, over all epochs). Lower the learning "
            "rate or the weight of this part, and look for NaN in the data. "
            "Checkpoints of earlier steps are kept."
        )
