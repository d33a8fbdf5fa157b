import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.models import shape_dictionary

RANDOM = np.random.default_rng(0)


def test_rotations_are_rotations_and_the_identity_at_zeros():
    layer = shape_dictionary.Rotation()
    np.testing.assert_array_equal(
        layer(np.zeros((1, 6), "float32")), np.eye(3)[None]
    )
    found = np.asarray(layer(RANDOM.normal(size=(5, 6)).astype("float32")))
    products = found @ found.transpose(0, 2, 1)
    np.testing.assert_allclose(products, [np.eye(3)] * 5, atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(found), 1.0, rtol=1e-5)


def test_landmarks_are_what_a_turned_sum_of_shapes_shows():
    keras.utils.set_random_seed(0)
    model = shape_dictionary.build(points=4, shapes=2)
    w = RANDOM.normal(size=(3, 4, 2)).astype("float32")
    taps = keras.Model(
        model.input,
        [model.get_layer(n).output for n in ("code", "rotation", "dictionary")],
    )
    code, rotation, shape = (np.asarray(x) for x in taps(w))
    shapes = shape_dictionary.shapes_of(model)
    assert shapes.shape == (2, 4, 3)
    np.testing.assert_allclose(shapes.mean(axis=1), 0.0, atol=1e-6)
    assert np.all(code >= 0)
    np.testing.assert_allclose(
        shape, np.einsum("bk,kpd->bpd", code, shapes), rtol=1e-4, atol=1e-6
    )
    expected = (shape @ rotation)[..., :2] + w.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(model(w), expected, rtol=1e-4, atol=1e-6)


def test_landmarks_can_be_fitted():
    keras.utils.set_random_seed(0)
    shape = RANDOM.normal(size=(5, 3))
    angles = RANDOM.uniform(-1, 1, 128)
    c, s, o = np.cos(angles), np.sin(angles), 0 * angles
    turns = np.array([[c, o, s], [o, o + 1, o], [-s, o, c]]).transpose(2, 0, 1)
    w = (shape @ turns)[..., :2].astype("float32")
    model = shape_dictionary.build(points=5)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = model.fit(w, w, batch_size=32, epochs=40, verbose=0)
    history = losses.history["loss"]
    assert history[-1] < 0.3 * history[0]


@pytest.mark.parametrize(
    "wrong", [{"points": 2}, {"shapes": 0}, {"sparsity": -1.0}]
)
def test_rejects_numbers(wrong):
    with pytest.raises(InputError, match="dictionary of shapes needs"):
        shape_dictionary.build(**{"points": 4, **wrong})


def test_rejects_models_without_shapes():
    with pytest.raises(InputError, match="is read from a model"):
        shape_dictionary.shapes_of(cases.student())
