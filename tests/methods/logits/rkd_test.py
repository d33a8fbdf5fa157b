import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(**arguments):
    return methods.get("rkd").build(
        teacher=network((5,)), student=network((3,)), **arguments
    )


def losses(teacher, student, **arguments):
    """Means over the batch of the distance and of the angle loss."""
    return [
        np.mean(part({"embedding": teacher}, {"embedding": student}))
        for part in build(**arguments).distillation_losses
    ]


def huber(u):
    return np.where(np.abs(u) <= 1, u**2 / 2, np.abs(u) - 0.5)


def relations(x):
    """psi and the cosines of the paper, i = j included as 0."""
    x = x.astype("float64")
    e = x[None] - x[:, None]
    d = np.linalg.norm(e, axis=-1)
    unit = e / np.where(d > 0, d, 1)[..., None]
    return d / d[d > 0].mean(), np.einsum("ijf,ikf->ijk", unit, unit)


def test_distances_by_hand():
    # Sides 3, 4, 5 of mean 4; and 2, 2, 2 sqrt 2.
    teacher = np.array([[0, 0], [3, 0], [0, 4]], "float32")
    student = np.array([[0, 0], [2, 0], [0, 2]], "float32")
    mean = (4 + 2 * 2**0.5) / 3
    gaps = np.array([3 / 4, 1, 5 / 4]) - np.array([2, 2, 8**0.5]) / mean
    # Both orders of three pairs, over 3^2.
    expected = 2 * np.sum(gaps**2 / 2) / 9
    np.testing.assert_allclose(losses(teacher, student)[0], expected, rtol=1e-6)


def test_angles_by_hand():
    # Cosines 0, 3/5, 4/5 at the three corners; and 0, 1, 1 over sqrt 2.
    teacher = np.array([[0, 0], [3, 0], [0, 4]], "float32")
    student = np.array([[0, 0], [2, 0], [0, 2]], "float32")
    gaps = np.array([3 / 5, 4 / 5]) - 0.5**0.5
    # Two orders of the ends at each corner, over 3^3.
    expected = 2 * np.sum(gaps**2 / 2) / 27
    np.testing.assert_allclose(losses(teacher, student)[1], expected, rtol=1e-5)


def test_the_paper_s_equations_on_a_batch():
    random = np.random.default_rng(0)
    teacher = random.normal(size=(8, 5)).astype("float32")
    student = random.exponential(size=(8, 3)).astype("float32") ** 3
    expected = [
        np.mean(huber(t - s))
        for t, s in zip(relations(teacher), relations(student))
    ]
    assert np.max(np.abs(relations(teacher)[0] - relations(student)[0])) > 1
    # Distances here differ by factors of a thousand, and angles are made of
    # differences in the Gram matrix: the last digit cancels.
    np.testing.assert_allclose(losses(teacher, student), expected, rtol=1e-5)


def test_moving_turning_and_scaling_cost_nothing():
    random = np.random.default_rng(0)
    teacher = random.normal(size=(6, 3)).astype("float32")
    turned = np.linalg.qr(random.normal(size=(3, 3)))[0].astype("float32")
    found = losses(teacher, 5 * teacher @ turned + np.float32(2))
    np.testing.assert_allclose(found, 0, atol=1e-9)


def test_anchors_sample_the_ends_of_angles():
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 6, 3)).astype("float32")
    angles = [relations(x)[1][:, :4, :4] for x in (teacher, student)]
    found = losses(teacher, student, anchors=4)[1]
    expected = np.mean(huber(angles[0] - angles[1]))
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_weights_are_the_papers():
    weights = [float(d.weight(0)) for d in build().distillation_losses]
    assert weights == [25.0, 50.0]


def test_a_model_for_batches_of_one_is_told():
    inputs = keras.Input(batch_shape=(1, 4))
    x = keras.layers.Dense(3, name="embedding")(inputs)
    teacher = keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))
    with pytest.raises(InputError, match="batches of two or more"):
        methods.get("rkd").build(teacher=teacher, student=network((3,)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"anchors": 1}, "anchors must be None"),
        ({"angle_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
