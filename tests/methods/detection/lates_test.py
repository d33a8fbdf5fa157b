import numpy as np
import pytest

from tests.conformance.cases.base import cnn
from tfkd import methods
from tfkd.errors import InputError

IMAGES = np.random.default_rng(0).uniform(0, 16, (6, 8, 8, 1))
IMAGES = IMAGES.astype("float32")


def build(student=None, **arguments):
    return methods.get("lates").build(
        teacher=cnn((4, 4, 4), classes=2, dense=(5,)),
        student=student or cnn((2, 2, 2), classes=2, dense=(3,)),
        **arguments,
    )


def test_latent_vectors_are_compared_after_a_linear_map():
    (latent,) = build().distillation_losses
    kernel, bias = (np.array(w) for w in latent.student_transform.weights)
    random = np.random.default_rng(0)
    t = random.normal(size=(2, 5)).astype("float32")
    s = random.normal(size=(2, 3)).astype("float32")
    expected = np.mean((t - s @ kernel - bias) ** 2, axis=1)
    found = latent({"embedding": t}, {"embedding": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_vectors_of_one_width_are_compared_as_they_are():
    (latent,) = build(cnn((2, 2, 2), classes=2, dense=(5,))).distillation_losses
    # ((1 - 2)^2 + 2^2) / 5.
    t, s = np.float32([[1, 2, 0, 0, 0]]), np.float32([[2, 0, 0, 0, 0]])
    found = latent({"embedding": t}, {"embedding": s})
    np.testing.assert_allclose(found, [1.0], rtol=1e-6)


def test_the_teachers_controls_are_not_imitated():
    model = build()
    assert model.teacher_taps == ("embedding",)
    model.compile("sgd", "mae", jit_compile=False)
    controls = np.float32([[100, -100]] * 6)
    x = {"student": IMAGES, "teacher": IMAGES > 8}
    logs = model.fit(x, controls, batch_size=6, verbose=0).history
    # The mean distance to the controls that were given.
    assert 90 < logs["task_loss"][0] < 110


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"student_tap": "stage1"}, "keeps the rank"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
