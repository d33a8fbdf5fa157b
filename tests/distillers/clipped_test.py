import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import losses
from tfkd import transforms
from tfkd.distillers import ClippedDistiller
from tfkd.distillers import Distiller
from tfkd.errors import InputError


def made(kind, weight=1.0, **arguments):
    model = kind(
        student=dense(seed=1),
        teacher=dense((9,)),
        distillation_losses=losses.SoftTargets(weight=weight),
        student_loss_weight=1.0,
        **arguments,
    )
    model.compile(keras.optimizers.SGD(1.0), SPARSE)
    return model


def step(model):
    """Minus the gradient that one step of SGD(1) applied, by weight."""
    before = model.student.get_weights()
    model.train_on_batch(*batch())
    return [a - b for a, b in zip(model.student.get_weights(), before)]


def test_each_weight_s_gradient_is_clipped_to_the_task_s():
    task = step(made(Distiller, weight=0.0))
    both = step(made(Distiller, weight=50.0))
    clipped = step(made(ClippedDistiller, weight=50.0, ratio=0.5))
    for own, sum_, found in zip(task, both, clipped):
        other = sum_ - own
        length = 0.5 * np.linalg.norm(own) / np.linalg.norm(other)
        assert length < 1
        np.testing.assert_allclose(
            found, own + length * other, rtol=1e-4, atol=1e-6
        )


def test_a_short_gradient_stays_as_it_is():
    for plain, clipped in zip(
        step(made(Distiller, weight=1e-3)),
        step(made(ClippedDistiller, weight=1e-3)),
    ):
        np.testing.assert_allclose(plain, clipped, rtol=1e-5, atol=1e-7)


def test_what_the_task_does_not_reach_is_not_clipped():
    model = ClippedDistiller(
        student=dense(seed=1),
        teacher=dense((9,)),
        distillation_losses=losses.FeatureMatch(
            teacher_tap="stage1",
            student_tap="stage1",
            student_transform=transforms.Regressor(),
            weight=1e3,
        ),
        ratio=0.0,
    )
    model.compile(keras.optimizers.SGD(1e-3), SPARSE)
    (loss,) = model.distillation_losses
    before = np.array(loss.student_transform.kernel)
    model.train_on_batch(*batch())
    assert not np.array_equal(before, loss.student_transform.kernel)


def test_no_gradient_at_all_is_no_nan():
    model = made(ClippedDistiller)
    x, _ = batch()
    model.train_on_batch(x, np.full(8, -1))
    assert np.all([np.all(np.isfinite(w)) for w in model.student.get_weights()])


def test_the_loss_that_is_reported_is_the_sum():
    logs = made(ClippedDistiller).train_on_batch(*batch(), return_dict=True)
    parts = logs["task_loss"] + logs["soft_targets"]
    assert logs["loss"] == pytest.approx(parts, rel=1e-6)


def test_the_ratio_may_be_a_schedule_in_a_graph():
    from tfkd import schedules

    model = made(ClippedDistiller, ratio=schedules.Piecewise([1], [0.0, 1.0]))
    task = step(made(Distiller, weight=0.0))
    for found, expected in zip(step(model), task):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert not tf.executing_eagerly() or model.optimizer.iterations == 1


def test_the_task_must_count():
    with pytest.raises(InputError, match="student_loss_weight > 0"):
        ClippedDistiller(
            student=dense(),
            teacher=dense(),
            distillation_losses=losses.SoftTargets(),
            student_loss_weight=0.0,
        )


def test_it_is_saved_with_its_ratio(tmp_path):
    model = made(ClippedDistiller, ratio=0.25)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.ratio(0)) == 0.25
