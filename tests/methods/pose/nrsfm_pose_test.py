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
        "teacher": shape_dictionary.build(points=5, shapes=6),
        "student": points.model(filters=(2, 3)),
        **arguments,
    }
    return methods.get("nrsfm_pose").build(**arguments)


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    x = random.normal(size=(5, 3))
    w = random.normal(size=(5, 2))
    w -= w.mean(axis=0)
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    code = random.normal(size=6)
    teacher = shape_dictionary.build(points=5, shapes=6)
    turned = shape_dictionary.shapes_of(teacher).astype("float64") @ turn
    model = build(teacher=teacher, weight=3.0, sparsity=0.2)
    (loss,) = model.distillation_losses
    b_z = turned[..., 2].T
    gap = x[:, 2] - x[:, 2].mean() - b_z @ code
    moved = code + np.linalg.pinv(b_z, rcond=1e-4) @ gap
    seen = np.einsum("k,kpd->pd", moved, turned[..., :2])
    energy = np.linalg.norm(seen - w) + 0.2 * np.abs(moved).sum()
    taps = {
        "centred": np.float32(w)[None],
        "code": np.float32(code)[None],
        "rotation": np.float32(turn)[None],
    }
    found = loss(taps, {"points": np.float32(x)[None]})
    np.testing.assert_allclose(
        float(loss.weight(0)) * np.asarray(found), [3 * energy], rtol=2e-3
    )
    # Landmarks by their own, absolute, loss.
    task = float(points.PlaneLoss()(w[None], x[None]))
    np.testing.assert_allclose(task, np.abs(x[:, :2] - w).mean(), rtol=1e-5)


def test_depths_follow_the_dictionary_without_being_labelled():
    teacher = shape_dictionary.build(points=5, shapes=6)
    student = points.model(filters=(2,))
    model = build(teacher=teacher, student=student)
    model.compile(
        keras.optimizers.Adam(0.01), points.PlaneLoss(), jit_compile=False
    )
    random = np.random.default_rng(1)
    images = random.uniform(0, 16, (16, 16, 16, 1)).astype("float32")
    landmarks = random.normal(size=(16, 5, 2)).astype("float32")
    x = {"student": images, "teacher": landmarks}
    logs = model.fit(x, landmarks, batch_size=16, epochs=60, verbose=0)
    energy = logs.history["shape_energy"]
    assert energy[-1] < 0.9 * energy[0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": cases.student()}, "centred"),
        (
            {"teacher": shape_dictionary.build(points=5, shapes=4)},
            "many shapes",
        ),
        ({"student": points.model(points=4)}, "needs points"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"sparsity": -1.0}, "sparsity must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
