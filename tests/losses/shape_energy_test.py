import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ShapeEnergy
from tfkd.models import shape_dictionary

RANDOM = np.random.default_rng(0)
POINTS, SHAPES = 4, 6
TURN = np.linalg.qr(RANDOM.normal(size=(3, 3)))[0]


def built(points=POINTS, shapes=SHAPES, **arguments):
    keras.utils.set_random_seed(0)
    model = shape_dictionary.build(points=POINTS, shapes=shapes)
    loss = ShapeEnergy(student_tap="s", **arguments)
    loss.attach(model, None)
    sizes = {"centred": (POINTS, 2), "code": (shapes,), "rotation": (3, 3)}
    loss.setup(
        {n: keras.KerasTensor((None, *size)) for n, size in sizes.items()},
        {"s": keras.KerasTensor((None, points, 3))},
    )
    return loss, shape_dictionary.shapes_of(model).astype("float64")


def taps(count=3, dtype="float32"):
    """The teacher's landmarks, code and rotation."""
    random = np.random.default_rng(1)
    w = random.normal(size=(count, POINTS, 2))
    return {
        "centred": (w - w.mean(axis=1, keepdims=True)).astype(dtype),
        "code": random.normal(size=(count, SHAPES)).astype(dtype),
        "rotation": np.stack([TURN] * count).astype(dtype),
    }


def test_is_the_cost_of_the_nearest_code_with_these_depths():
    loss, shapes = built(sparsity=0.5)
    points = RANDOM.normal(size=(3, POINTS, 3))
    depths = points[..., 2] - points[..., 2].mean(axis=1, keepdims=True)
    teacher = taps()
    turned = shapes @ TURN
    b_z = turned[..., 2].T
    expected = []
    for w, code, z in zip(teacher["centred"], teacher["code"], depths):
        code = code + np.linalg.pinv(b_z, rcond=1e-4) @ (z - b_z @ code)
        seen = np.einsum("k,kpd->pd", code, turned[..., :2])
        expected.append(np.linalg.norm(seen - w) + 0.5 * np.abs(code).sum())
    found = loss(teacher, {"s": points.astype("float32")})
    np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_the_teachers_own_depths_keep_its_code():
    loss, shapes = built()
    teacher = taps()
    turned = shapes @ TURN
    own = np.einsum("bk,kp->bp", teacher["code"], turned[..., 2])
    b_z = np.stack([turned[..., 2]] * 3).astype("float32")
    found = loss.nearest(teacher["code"], b_z, own.astype("float32"))
    np.testing.assert_allclose(found, teacher["code"], rtol=1e-4, atol=1e-5)
    # Others are given, too, by another code.
    other = (own + [[1, -1, 2, -2]]).astype("float32")
    code = np.asarray(loss.nearest(teacher["code"], b_z, other))
    given = np.einsum("bk,bkp->bp", code, b_z)
    np.testing.assert_allclose(given, other, atol=1e-2)
    assert not np.allclose(code, teacher["code"], atol=0.1)


def test_where_a_figure_is_does_not_count():
    loss, _ = built()
    points = RANDOM.normal(size=(3, POINTS, 3)).astype("float32")
    moved = points + np.float32([[[5.0, -3.0, 7.0]]])
    np.testing.assert_allclose(
        loss(taps(), {"s": moved}), loss(taps(), {"s": points}), rtol=1e-4
    )


def test_gradient():
    loss, _ = built()
    double = ShapeEnergy(student_tap="s", dtype="float64")
    double._shapes = loss._shapes
    teacher = {n: tf.constant(t) for n, t in taps(2, "float64").items()}
    assert_gradient(
        lambda s: double(teacher, {"s": s}),
        RANDOM.normal(size=(2, POINTS, 3)),
        rtol=1e-4,
    )


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(scale):
    loss, _ = built()
    x = tf.constant(scale * RANDOM.normal(size=(3, POINTS, 3)), "float32")
    for turns in (taps()["rotation"], np.zeros((3, 3, 3), "float32")):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss({**taps(), "rotation": turns}, {"s": x})
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(tape.gradient(value, x)))


def test_round_trip():
    loss, _ = built(sparsity=0.5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="sparsity must be"):
        built(sparsity=-1.0)
    with pytest.raises(InputError, match="is read from a model"):
        ShapeEnergy(student_tap="s").attach(cases.student(), None)
    with pytest.raises(InputError, match="needs points"):
        built(points=5)
    with pytest.raises(InputError, match="at least as many shapes"):
        built(shapes=3)
