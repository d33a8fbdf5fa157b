import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import distillers
from tfkd import teachers
from tfkd.losses import SoftTargets


def network(pixels):
    image = keras.Input((pixels,))
    return keras.Model(image, keras.layers.Dense(2)(image))


@pytest.mark.parametrize(("pixels", "sees"), [(3, "teacher"), (6, "student")])
def test_it_sees_what_the_teacher_saw_if_it_can(pixels, sees):
    for teacher in (network(pixels), teachers.FrozenTeacher(network(pixels))):
        found = teachers.FormerStudent(network(3), in_place_of=teacher)
        assert found.sees == sees
        again = type(found).from_config(found.get_config())
        assert again.sees == sees


def test_in_place_of_none_it_sees_the_teachers_view():
    assert teachers.FormerStudent(network(3)).sees == "teacher"


@pytest.mark.parametrize("sees", ["teacher", "student"])
def test_its_answers_are_those_to_its_view_and_not_the_stored_ones(sees):
    rng = np.random.default_rng(0)
    own, other, stored = (
        rng.normal(size=(4, size)).astype("float32") for size in (5, 5, 4)
    )
    former, student = dense(), dense((7,))
    model = distillers.Distiller(
        student=student,
        teacher=teachers.FormerStudent(former, sees=sees),
        distillation_losses=SoftTargets(temperature=1.0),
        student_loss_weight=0.0,
    )
    model.compile("sgd")
    before = np.asarray(keras.ops.log_softmax(student(own)))
    logs = model.train_on_batch(
        {"student": own, "teacher": other, "cached": {"logits": stored}},
        return_dict=True,
    )
    seen = {"teacher": other, "student": own}[sees]
    target = np.asarray(keras.ops.log_softmax(former(seen)))
    expected = np.mean(np.sum(np.exp(target) * (target - before), axis=1))
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)
