import threading

import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import distiller
from tfkd.distillers.callbacks import StopAtNonFinite
from tfkd.errors import InputError
from tfkd.losses import SoftTargets


class Poisoned(SoftTargets):
    """Is infinite from the third step on."""

    def values(self, teacher, student, *, labels, index, step):
        values = super().values(
            teacher, student, labels=labels, index=index, step=step
        )
        return keras.ops.where(step >= 2, np.inf, values)


def test_a_non_finite_part_stops_training_by_name_and_step():
    model = distiller(losses=Poisoned(name="poisoned"))
    x, y = batch(32)
    with pytest.raises(InputError, match="poisoned=inf.*at step 2 of epoch 0 "):
        model.fit(x, y, batch_size=8, verbose=0)


def test_the_last_good_checkpoint_is_kept(tmp_path):
    model = distiller(losses=Poisoned(name="poisoned"))
    x, y = batch(16)
    saved = keras.callbacks.ModelCheckpoint(
        tmp_path / "last.weights.h5", save_weights_only=True, save_freq=1
    )
    with pytest.raises(InputError):
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=[saved])
    model.load_weights(tmp_path / "last.weights.h5")
    for weight in model.student.get_weights():
        assert np.all(np.isfinite(weight))


def test_an_epoch_that_broke_is_not_stored(tmp_path):
    model = distiller(losses=Poisoned(name="poisoned"))
    x, y = batch(32)
    saved = keras.callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.weights.h5", save_weights_only=True
    )
    with pytest.raises(InputError, match="at step 0 of epoch 1 "):
        model.fit(x, y, batch_size=16, epochs=3, verbose=0, callbacks=[saved])
    assert [path.name for path in tmp_path.iterdir()] == ["1.weights.h5"]


def test_the_first_of_several_broken_steps_is_named():
    watch = StopAtNonFinite()
    watch.set_model(distiller())
    watch.on_epoch_begin(0)
    for step in (5, 3, 4):
        thread = threading.Thread(
            target=watch.on_train_batch_end, args=(step, {"loss": np.nan})
        )
        thread.start()
        thread.join()
    assert watch.model.stop_training
    with pytest.raises(InputError, match="loss=nan at step 3 of epoch 0 "):
        watch.on_epoch_end(0)


def test_every_part_that_is_not_finite_is_named():
    x, y = batch()
    model = distiller()
    # Not the inputs: a fused ReLU of some processors turns NaN into 0.
    bias = model.student.layers[-1].bias
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(
        InputError,
        match="soft_targets=nan.*task_loss=nan|task_loss=nan.*soft_targets=nan",
    ):
        model.fit(x, y, verbose=0)


def test_a_metric_of_many_values_does_not_hide_what_is_not_finite():
    x, y = batch()
    model = distiller()
    model.compile(
        "sgd",
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.F1Score(average=None)],
    )
    bias = model.student.layers[-1].bias
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(InputError, match="soft_targets=nan"):
        model.fit(x, np.eye(4)[y], verbose=0)


def test_a_list_object_of_callbacks_is_watched_too():
    x, y = batch(32)
    model = distiller(losses=Poisoned(name="poisoned"))
    seen = []
    own = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: seen.append(step)
    )
    given = keras.callbacks.CallbackList([own], add_history=True, model=model)
    with pytest.raises(InputError, match="poisoned=inf"):
        model.fit(x, y, batch_size=8, verbose=0, callbacks=given)
    assert seen == [0, 1]


def test_a_finite_training_is_left_alone():
    x, y = batch()
    seen = []
    own = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch)
    )
    distiller().fit(x, y, epochs=2, verbose=0, callbacks=own)
    assert seen == [0, 1]
