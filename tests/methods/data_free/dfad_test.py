import numpy as np
import pytest

from tests.methods.data_free.dafl_test import network
from tfkd import methods
from tfkd import tasks
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": network((3, 4)), "student": network((2, 3))}
    return methods.get("dfad").build(
        **{**parts, "noise_size": 4, "filters": (4, 3), **arguments}
    )


def test_both_players_have_the_mean_absolute_difference():
    teacher = {"logits": np.array([[1.0, 2.0, 4.0], [0, 0, 0]], "float32")}
    student = {"logits": np.array([[0.0, 4.0, 4.0], [0, 3, 0]], "float32")}
    model = build(weight=0.7)
    (loss,), (generator,) = model.distillation_losses, model.generator_losses
    # (1 + 2 + 0) / 3 and (0 + 3 + 0) / 3.
    np.testing.assert_allclose(loss(teacher, student), [1.0, 1.0], rtol=1e-6)
    np.testing.assert_allclose(generator(teacher, student), -1.0, rtol=1e-6)
    assert float(loss.weight(0)) == np.float32(0.7)
    (generator,) = build(mode="log").generator_losses
    # -log(1 + 1)
    found = generator(teacher, student)
    np.testing.assert_allclose(found, -np.log(2), rtol=1e-6)


def test_the_student_has_five_steps_for_one_of_the_generator():
    model = build()
    model.compile("adam", run_eagerly=True)
    model.fit(epochs=1, steps_per_epoch=6, batch_size=2, verbose=0)
    assert model.optimizer.iterations == 6
    assert model.generator_optimizer.iterations == 2


def test_dense_maps_are_matched_too():
    task = tasks.get("segmentation")
    model = build(teacher=task.model(), student=task.model())
    model.compile("adam", run_eagerly=True)
    logs = model.fit(steps_per_epoch=1, batch_size=2, verbose=0).history
    assert np.isfinite(logs["discrepancy"][0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mode": "logs"}, "'log'"),
        ({"student_steps": 0}, "student_steps must be"),
        ({"generator_learning_rate": 0.0}, "generator_learning_rate"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
