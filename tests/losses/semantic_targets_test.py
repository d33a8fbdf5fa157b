import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import SemanticTargets

# Two own classes, of which each is like one of the teacher's three.
TABLE = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def build(**arguments):
    arguments = {"similarity": TABLE, "student_tap": "v", **arguments}
    return SemanticTargets(**arguments)


def values(loss, z, v, labels):
    student = {"v": v, "logits": np.zeros((len(v), 2), v.dtype)}
    return loss({"logits": z}, student, np.array(labels))


def test_the_teacher_s_answer_is_raised_where_classes_are_alike():
    z = np.zeros((3, 3), "float32")
    loss = build(share=np.log(2))
    # exp(log 2) = 2: targets (2, 1, 1) / 4, (1, 1, 2) / 4, and thirds.
    half = 0.5 * np.log(0.5 * 3) + 0.5 * np.log(0.25 * 3)
    found = values(loss, z, z, [0, 1, -1])
    np.testing.assert_allclose(found, [half, half, 0], atol=1e-6)
    v = np.log(np.float32([[2, 1, 1], [1, 1, 2], [1, 1, 1]]))
    np.testing.assert_allclose(values(loss, z, v, [0, 1, -1]), 0, atol=1e-6)


def test_without_similarities_the_answer_is_as_it_is():
    z, v = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    labels = [0, 1, -1]
    absent = build(similarity=None)
    zero = build(similarity=np.zeros((2, 4)))
    np.testing.assert_allclose(
        values(absent, z, v, labels), values(zero, z, v, labels), rtol=1e-6
    )
    again = SemanticTargets.from_config(absent.get_config())
    assert again.similarity is None


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extreme_logits_stay_finite(scale):
    z, v = scale * np.random.default_rng(0).normal(size=(2, 4, 3))
    found = values(build(), np.float32(z), np.float32(v), [0, 1, 0, -1])
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    z, v = np.random.default_rng(0).normal(size=(2, 4, 3))
    loss = build(dtype="float64")
    other = {"logits": np.zeros((4, 2))}
    labels = np.array([0, 1, 0, -1])
    assert_gradient(lambda x: loss({"logits": z}, {"v": x, **other}, labels), v)


def test_round_trip():
    again = SemanticTargets.from_config(build(share=0.7).get_config())
    assert again.share == 0.7
    np.testing.assert_array_equal(again.similarity, TABLE)


@pytest.mark.parametrize(
    "arguments",
    [
        {"share": -1.0},
        {"similarity": (1.0, 2.0)},
        {"similarity": ((1.0,), (2.0, 3.0))},
        {"similarity": ((float("nan"),),)},
    ],
)
def test_mistakes_are_our_errors(arguments):
    with pytest.raises(InputError, match="a table of finite similarities"):
        build(**arguments)


@pytest.mark.parametrize(
    ("classes", "scores", "match"),
    [(4, 4, "must have the shape"), (3, 4, "scores of the teacher's")],
)
def test_shapes_that_do_not_fit_are_our_errors(classes, scores, match):
    student = {
        "v": keras.KerasTensor((None, scores)),
        "logits": keras.KerasTensor((None, 2)),
    }
    teacher = {"logits": keras.KerasTensor((None, classes))}
    with pytest.raises(InputError, match=match):
        build().setup(teacher, student)
