import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.losses import TaughtCritic

REAL = np.array([[1.0, 0.0], [0.0, 2.0]], "float32")
ANSWER = np.array([[1.0, 1.0], [0.0, -2.0]], "float32")
FAKE = np.array([[0.0, 3.0], [0.0, 1.0]], "float32")


def critic():
    """Scores w . h with w = (1, -2) of the features h = relu(f)."""
    inputs = keras.Input((2,), dtype="float32")
    hidden = keras.layers.ReLU(name="hidden", dtype="float32")(inputs)
    score = keras.layers.Dense(1, use_bias=False, name="score", dtype="float32")
    model = keras.Model(inputs, score(hidden))
    model.set_weights([np.array([[1.0], [-2.0]])])
    return model


def built(width=2, **arguments):
    loss = TaughtCritic(critic(), student_tap="s", answer_tap="a", **arguments)
    loss.setup(
        {},
        {
            "s": keras.KerasTensor((None, 2)),
            "a": keras.KerasTensor((None, width)),
        },
    )
    return loss


def softplus(x):
    return np.log1p(np.exp(x))


def test_is_the_equation_written_out():
    # Features: real (1, 0), (0, 2); answer (1, 1), (0, 0); fake (0, 3), (0, 1).
    # d(Y, T) = (0 + 1) / 2, (0 + 2) / 2; d(Y, S) = (1 + 3) / 2, (0 + 1) / 2.
    # max(0, 0.5 - 2 + 1) = 0; max(0, 1 - 0.5 + 1) = 1.5.
    # Scores: real 1, -4; answer 1 - 2 = -1, 0; fake -6, -2.
    real, answer, fake = (
        np.array(found) for found in ([1.0, -4], [-1.0, 0], [-6.0, -2])
    )
    game = softplus(-fake) + softplus(-real) + softplus(fake)
    expected = game + 0.5 * (softplus(-answer) + [0.0, 1.5])
    loss = built(margin=1.0, teaching_weight=0.5)
    found = loss({}, {"s": FAKE, "a": ANSWER}, labels=REAL)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "true"),
    # Scores of the answer are -1 and 0.
    [("lsgan", [2.0, 0.5]), ("hinge", [2.0, 1.0])],
)
def test_an_answer_counts_as_real_in_each_kind_of_game(kind, true):
    loss = built(kind=kind)
    found = loss.teaching_values(REAL, ANSWER, FAKE)
    np.testing.assert_allclose(found, np.array(true) + [0.0, 1.5], rtol=1e-6)


def test_teaching_moves_the_critic_and_never_the_student():
    loss, plain = built(teaching_weight=7.0), built(teaching_weight=0.0)
    found = []
    for each in (loss, plain):
        fake = tf.constant(FAKE)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            value = tf.reduce_sum(
                each({}, {"s": fake, "a": ANSWER}, labels=REAL)
            )
        weight = each.trainable_variables[0].value
        found.append((tape.gradient(value, fake), tape.gradient(value, weight)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-6)
    assert not np.allclose(found[0][1], found[1][1])


def test_extremes_are_finite():
    for scale in (0.0, 1e-20, 1e15):
        fake = tf.constant(FAKE * scale)
        loss = built()
        with tf.GradientTape() as tape:
            tape.watch(fake)
            value = loss({}, {"s": fake, "a": ANSWER * scale}, labels=REAL)
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(tape.gradient(value, fake)))


def test_config_round_trip():
    loss = built(margin=0.3, kind="hinge")
    copy = TaughtCritic.from_config(loss.get_config())
    assert (copy.margin, copy.kind, copy.answer_tap) == (0.3, "hinge", "a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"margin": -1.0}, "margin and teaching_weight"),
        ({"teaching_weight": float("nan")}, "margin and teaching_weight"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"width": 3}, "images of one shape"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        built(**arguments)
