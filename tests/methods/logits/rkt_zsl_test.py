import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
# Class 3 has what 0 and 1 have; class 2 has the third attribute.
ATTRIBUTES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0))
# The features are the attributes, and noise.
Y = np.arange(120) % 4
X = (4.0 * np.array(ATTRIBUTES)[Y] + 0.3 * RANDOM.normal(size=(120, 3))).astype(
    "float32"
)


def identity(width=3):
    inputs = keras.Input((width,))
    return keras.Model(inputs, keras.layers.Identity(name="embedding")(inputs))


def linear():
    inputs = keras.Input((3,))
    x = keras.layers.Dense(3, name="embedding")(inputs)
    return keras.Model(inputs, keras.layers.Dense(4, name="logits")(x))


def build(**arguments):
    arguments = {
        "teacher": identity(),
        "student": linear(),
        "attributes": ATTRIBUTES,
        "unseen": (3,),
        **arguments,
    }
    return methods.get("rkt_zsl").build(**arguments)


def test_a_class_without_examples_is_recognized():
    keras.utils.set_random_seed(0)
    seen = Y != 3
    model = build()
    model.compile(
        keras.optimizers.Adam(0.05),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    model.fit(X[seen], Y[seen], epochs=25, verbose=0)
    found = np.argmax(model.predict(X, verbose=0), axis=1)
    assert np.mean(found[~seen] == 3) > 0.9
    assert np.mean(found[seen] == Y[seen]) > 0.9


def test_relations_of_attributes_carry_over_to_features():
    model = build(penalty=0.1)
    model.adapt(X, np.where(Y == 3, -1, Y))
    means = np.stack([X[k == Y].mean(axis=0) for k in range(3)])
    # Orthogonal rows: products 1, 1, 0 less the penalty.
    expected = 0.9 * means[0] + 0.9 * means[1]
    centres = model.distillation_losses[0].centres
    np.testing.assert_allclose(centres, [expected], rtol=1e-5)


def test_features_are_the_mean_square():
    loss = build().distillation_losses[1]
    # (1 + 4 + 0) / 3.
    found = loss(
        {"embedding": np.array([[1.0, 2.0, 3.0]], "float32")},
        {"embedding": np.array([[2.0, 0.0, 3.0]], "float32")},
    )
    np.testing.assert_allclose(found, [5 / 3], rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"attributes": ()}, "one row a class"),
        ({"unseen": (4,)}, "some of the classes"),
        ({"penalty": -1.0}, "penalty must be a finite"),
        ({"attributes": ATTRIBUTES[1:], "unseen": (2,)}, "classifier must map"),
        ({"teacher": identity(2)}, "classifier must map"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "embeding"}, "no tap"),
        (
            {
                "student": models.build(
                    "cnn", input_shape=(8, 8, 1), num_classes=4
                )
            },
            "classifier must map",
        ),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
