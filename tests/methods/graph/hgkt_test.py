import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
# A class has one of four attributes and one of four others.
ATTRIBUTES = tuple(
    tuple(np.eye(4)[a]) + tuple(np.eye(4)[b])
    for a in range(4)
    for b in range(4)
)
MIX = RANDOM.normal(size=(8, 6))
Y = np.arange(480) % 16
X = (3.0 * np.array(ATTRIBUTES)[Y] @ MIX).astype("float32")
X += 0.3 * RANDOM.normal(size=X.shape).astype("float32")


def identity(width=6):
    inputs = keras.Input((width,))
    return keras.Model(inputs, keras.layers.Identity(name="embedding")(inputs))


def linear():
    inputs = keras.Input((6,))
    x = keras.layers.Dense(6, name="embedding")(inputs)
    return keras.Model(inputs, keras.layers.Dense(16, name="logits")(x))


def build(**arguments):
    arguments = {
        "teacher": identity(),
        "student": linear(),
        "attributes": ATTRIBUTES,
        "unseen": (5, 15),
        "neighbors": 6,
        **arguments,
    }
    return methods.get("hgkt").build(**arguments)


def test_a_class_without_examples_is_recognized():
    keras.utils.set_random_seed(0)
    seen = ~np.isin(Y, (5, 15))
    model = build()
    model.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(X[seen], Y[seen], epochs=60, verbose=0)
    found = np.argmax(model.predict(X, verbose=0), axis=1)
    assert np.mean(found[~seen] == Y[~seen]) > 0.8
    assert np.mean(found[seen] == Y[seen]) > 0.8


def test_features_are_the_mean_square():
    loss = build().distillation_losses[1]
    # (1 + 4 + 0 + 0 + 0 + 1) / 6.
    found = loss(
        {"embedding": np.float32([[1, 2, 3, 0, 0, 1]])},
        {"embedding": np.float32([[2, 0, 3, 0, 0, 0]])},
    )
    np.testing.assert_allclose(found, [1.0], rtol=1e-6)


def test_one_node_a_class_is_its_mean():
    model = build(points=1)
    model.adapt(X, np.where(np.isin(Y, (5, 15)), -1, Y))
    seen = [k for k in range(16) if k not in (5, 15)]
    expected = np.stack([X[k == Y].mean(axis=0) for k in seen])
    found = model.distillation_losses[0].nodes[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"attributes": ()}, "one row a class"),
        ({"unseen": (16,)}, "some of the classes"),
        ({"neighbors": 14}, "1 <= neighbors"),
        ({"teacher": identity(2)}, "classifier must map"),
        ({"student_tap": "embeding"}, "no tap"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
