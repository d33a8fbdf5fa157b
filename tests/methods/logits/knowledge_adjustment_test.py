import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": mlp(), "student": mlp(), **arguments}
    return methods.get("knowledge_adjustment").build(**arguments)


def only(distiller):
    (loss,) = distiller.distillation_losses
    return loss


@pytest.mark.parametrize(
    ("repair", "target"),
    [
        ("probability_shift", [0.125, 0.25, 0.625]),
        ("label_smoothing", [0.05, 0.05, 0.9]),
    ],
)
def test_is_the_divergence_from_the_repaired_target(repair, target):
    # At T = 2, twice the logarithms soften to q = (5/8, 1/4, 1/8); the label
    # is 2. The student is even: T^2 KL = 4 sum_c q'_c ln(3 q'_c).
    teacher = 2 * np.log([[0.625, 0.25, 0.125]]).astype("float32")
    loss = only(build(repair=repair, temperature=2.0))
    found = loss(
        {"logits": teacher}, {"logits": 0 * teacher}, labels=np.array([2])
    )
    target = np.array(target)
    expected = 4 * np.sum(target * np.log(3 * target))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_a_right_teacher_is_hinton_kd():
    t, s = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    hinton = methods.get("hinton_kd").build(
        teacher=mlp(), student=mlp(), temperature=4.0
    )
    found = only(build())(
        {"logits": t}, {"logits": s}, labels=np.argmax(t, axis=1)
    )
    expected = only(hinton)({"logits": t}, {"logits": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_teacher_that_is_always_wrong_teaches_the_labels():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    teacher = mlp()
    # The class that the teacher finds least likely.
    labels = np.argmin(teacher(x), axis=1)
    distiller = build(teacher=teacher, repair="label_smoothing")
    distiller.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    distiller.fit(x, labels, epochs=40, verbose=0)
    right = np.argmax(distiller.student(x), axis=1) == labels
    assert right.mean() > 0.8


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="Closest"):
        build(repair="probability_swap")
    with pytest.raises(InputError, match="correct must be"):
        build(correct=0.0)
    with pytest.raises(InputError, match="score the same"):
        build(teacher=mlp(4))
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
