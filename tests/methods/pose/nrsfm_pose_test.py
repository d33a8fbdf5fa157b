import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import shape_dictionary
from tfkd.tasks import points


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments = {
        "teacher": shape_dictionary.build(points=5, shapes=2),
        "student": points.model(filters=(2, 3)),
        **arguments,
    }
    return methods.get("nrsfm_pose").build(**arguments)


def test_total_is_the_equation():
    random = np.random.default_rng(0)
    found = random.normal(size=(2, 5, 3))
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    label = random.normal(size=(2, 5, 2))
    teacher = shape_dictionary.build(points=5, shapes=2)
    shapes = shape_dictionary.shapes_of(teacher).astype("float64")
    model = build(teacher=teacher, weight=3.0, ridge=0.1)
    (loss,) = model.distillation_losses
    x = (found - found.mean(1, keepdims=True)) @ turn.T
    x = x.reshape(2, 15)
    code = x @ shapes.T @ np.linalg.inv(shapes @ shapes.T + 1.5 * np.eye(2))
    energy = np.mean((x - code @ shapes) ** 2, -1) + 0.1 * np.sum(code**2, -1)
    plane = np.mean((found[..., :2] - label) ** 2, axis=(1, 2))
    taps = {"rotation": np.float32([turn, turn])}
    value = 3 * np.asarray(loss(taps, {"points": np.float32(found)}))
    np.testing.assert_allclose(value, 3 * energy, rtol=1e-5)
    task = float(points.PlaneLoss()(label, found))
    np.testing.assert_allclose(task, plane.mean(), rtol=1e-5)


def test_depths_follow_the_dictionary_without_being_labelled():
    # The teacher knows one rigid shape and no turn: of its rows and columns
    # the depths follow.
    teacher = shape_dictionary.build(points=5, shapes=1)
    shape = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    shape -= shape.mean(axis=0)
    teacher.get_layer("dictionary").shapes.assign(shape.reshape(1, 15))
    for weight in teacher.get_layer("turn").weights:
        weight.assign(0.0 * weight)
    student = points.model(filters=(2,))
    model = build(teacher=teacher, student=student, weight=1.0, ridge=1e-4)
    model.compile(
        keras.optimizers.Adam(0.02), points.PlaneLoss(), jit_compile=False
    )
    images = np.random.default_rng(1).uniform(0, 16, (16, 16, 16, 1))
    landmarks = np.stack([shape[:, :2]] * 16)
    x = {"student": images.astype("float32"), "teacher": landmarks}
    model.fit(x, landmarks, batch_size=16, epochs=150, verbose=0)
    # In training mode: so few steps leave the running statistics behind.
    found = np.asarray(student(images.astype("float32"), training=True))
    gap = found - found.mean(axis=1, keepdims=True) - shape
    assert np.mean(gap[..., 2] ** 2) < 0.1 * np.mean(shape[:, 2] ** 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": cases.student()}, "rotation"),
        ({"student": points.model(points=4)}, "needs points"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"ridge": 0.0}, "ridge of shape_energy"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
