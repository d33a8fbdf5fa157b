import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd import transforms
from tfkd.errors import InputError
from tfkd.losses import Adversarial

REAL = np.array([[1.0, 0.0], [0.0, 2.0]], "float32")
FAKE = np.array([[0.5, -1.0], [-2.0, 1.0]], "float32")
# The critic scores w . f with w = (1, -2):
# real (1, -4), fake (0.5 + 2, -2 - 2) = (2.5, -4).
REAL_SCORES = np.array([1.0, -4.0])
FAKE_SCORES = np.array([2.5, -4.0])


def linear(dtype="float32"):
    inputs = keras.Input((2,), dtype=dtype)
    layer = keras.layers.Dense(1, use_bias=False, dtype=dtype)
    critic = keras.Model(inputs, layer(inputs))
    critic.set_weights([np.array([[1.0], [-2.0]])])
    return critic


def built(critic=None, **arguments):
    loss = Adversarial(
        critic or linear(arguments.get("dtype", "float32")),
        teacher_tap="t",
        student_tap="s",
        **arguments,
    )
    loss.setup(
        {"t": keras.KerasTensor((None, 2))}, {"s": keras.KerasTensor((None, 2))}
    )
    return loss


def softplus(x):
    return np.log1p(np.exp(x))


VALUES = {
    "vanilla": softplus(-FAKE_SCORES)
    + softplus(-REAL_SCORES)
    + softplus(FAKE_SCORES),
    # (2.5 - 1)^2 + ((1 - 1)^2 + 2.5^2) / 2 = 2.25 + 3.125
    # (-4 - 1)^2 + ((-4 - 1)^2 + (-4)^2) / 2 = 25 + 20.5
    "lsgan": np.array([5.375, 45.5]),
    # -2.5 + max(0, 1 - 1) + max(0, 1 + 2.5) = 1;  4 + 5 + 0 = 9
    "hinge": np.array([1.0, 9.0]),
    # -2.5 + 2.5 - 1 = -1;  4 - 4 + 4 = 4; the gradient is w everywhere:
    # 10 (sqrt(5) - 1)^2
    "wgan_gp": np.array([-1.0, 4.0]) + 10 * (np.sqrt(5.0) - 1) ** 2,
}


@pytest.mark.parametrize("kind", VALUES)
def test_is_the_equation_written_out(kind):
    found = built(kind=kind)({"t": REAL}, {"s": FAKE})
    np.testing.assert_allclose(found, VALUES[kind], rtol=1e-6)


def test_confusion_adds_the_students_term_to_the_critics():
    # Both halves hold -log sig(s) once.
    found = built(confusion=1.0)({"t": REAL}, {"s": FAKE})
    expected = VALUES["vanilla"] + softplus(-FAKE_SCORES)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("kind", VALUES)
def test_each_player_gets_its_own_gradient(kind):
    loss = built(kind=kind, gradient_penalty=0.0)
    features = tf.constant(FAKE)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        total = tf.reduce_sum(loss({"t": REAL}, {"s": features}))
        scores = loss.scores(features)
        student = tf.reduce_sum(loss.student_values(scores))
        fixed = loss.scores(tf.constant(FAKE))
        critic = tf.reduce_sum(loss.critic_values(loss.scores(REAL), fixed))
    weight = loss.critic.weights[0].value
    for source, own in ((features, student), (weight, critic)):
        np.testing.assert_allclose(
            tape.gradient(total, source), tape.gradient(own, source), rtol=1e-6
        )


def test_the_penalty_trains_the_critic_and_not_the_student():
    loss = built(kind="wgan_gp")
    features = tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(features)
        values = loss({"t": REAL}, {"s": features}, step=3)
    weight = loss.critic.weights[0].value
    to_features, to_weight = tape.gradient(values, [features, weight])
    # The student's -s alone: -w.
    np.testing.assert_allclose(to_features, [[-1, 2], [-1, 2]], rtol=1e-6)
    # sum over 2 of: -t + s, and 20 (|w| - 1) w / |w|.
    w, size = np.array([1.0, -2.0]), np.sqrt(5.0)
    expected = (FAKE - REAL).sum(0) + 2 * 20 * (size - 1) * w / size
    np.testing.assert_allclose(to_weight[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", VALUES)
def test_gradient_agrees_with_finite_differences(kind):
    loss = built(kind=kind, dtype="float64")
    assert_gradient(lambda x: loss.student_values(loss.held_scores(x)), FAKE)


def test_the_condition_is_seen_without_gradient():
    inputs = [keras.Input((2,)), keras.Input((1,))]
    critic = keras.Model(
        inputs, keras.layers.Dense(1)(keras.layers.Concatenate()(inputs))
    )
    loss = Adversarial(
        critic, teacher_tap="t", student_tap="s", condition_tap="c"
    )
    specs = {
        "s": keras.KerasTensor((None, 2)),
        "c": keras.KerasTensor((None, 1)),
    }
    loss.setup({"t": keras.KerasTensor((None, 2))}, specs)
    assert loss.student_taps == ("s", "c")
    condition = tf.ones((2, 1))
    with tf.GradientTape() as tape:
        tape.watch(condition)
        values = loss({"t": REAL}, {"s": tf.constant(FAKE), "c": condition})
    assert tape.gradient(values, condition) is None


def test_mixing_repeats_with_the_seed_and_changes_with_the_step():
    critic = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(3, "tanh"),
            keras.layers.Dense(1),
        ]
    )
    loss = built(critic, kind="wgan_gp")
    first, again, other = (
        np.asarray(loss({"t": REAL}, {"s": FAKE}, step=step))
        for step in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def with_classes(**arguments):
    """A critic that scores w . f, and has the features as class logits."""
    critic = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, use_bias=False)]
    )
    critic.set_weights([np.array([[1.0, 1.0, 0.0], [-2.0, 0.0, 1.0]])])
    return built(critic, class_weight=0.5, **arguments)


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def test_both_players_name_the_class():
    loss = with_classes()
    rows = np.arange(2), np.array([1, 0])
    # H(y, C) of the student's features in both losses, of the teacher's once.
    classes = -2 * log_softmax(FAKE)[rows] - log_softmax(REAL)[rows]
    found = loss({"t": REAL}, {"s": FAKE}, labels=np.array([1, 0]))
    expected = VALUES["vanilla"] + 0.5 * classes
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert loss.needs_labels


def test_an_example_without_label_counts_in_the_game_alone():
    found = with_classes()({"t": REAL}, {"s": FAKE}, labels=np.array([-1, -1]))
    np.testing.assert_allclose(found, VALUES["vanilla"], rtol=1e-6)


def test_the_student_is_told_its_class_once():
    loss = with_classes(kind="lsgan")
    labels, features = np.array([1, 0]), tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(loss({"t": REAL}, {"s": features}, labels=labels))
    # 2 (s - 1) w, and half of softmax - y.
    expected = 2 * (FAKE_SCORES - 1)[:, None] * [[1.0, -2.0]]
    expected += 0.5 * (np.exp(log_softmax(FAKE)) - np.eye(2)[labels])
    np.testing.assert_allclose(tape.gradient(total, features), expected, 1e-5)


def test_a_critic_without_classes_is_an_error():
    with pytest.raises(InputError, match="one logit a class"):
        built(class_weight=1.0)
    with pytest.raises(InputError, match="needs labels"):
        with_classes()({"t": REAL}, {"s": FAKE})


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(kind, scale):
    loss = built(kind=kind)
    features = tf.constant(scale * FAKE[:1])
    with tf.GradientTape() as tape:
        tape.watch(features)
        values = loss({"t": scale * REAL[:1]}, {"s": features})
    assert np.all(np.isfinite(values))
    gradients = tape.gradient(values, [features, loss.critic.weights[0].value])
    assert all(np.all(np.isfinite(g)) for g in gradients)


def test_config_round_trip():
    loss = built(
        kind="lsgan", student_transform=transforms.Regressor(), weight=0.5
    )
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "vanila"}, "'vanilla'"),
        ({"gradient_penalty": -1.0}, "gradient_penalty and confusion"),
        ({"confusion": float("nan")}, "gradient_penalty and confusion"),
        ({"class_weight": -1.0}, "class_weight, gradient_penalty"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        built(**wrong)


def test_other_shapes_are_named():
    loss = Adversarial(linear(), teacher_tap="t", student_tap="s")
    with pytest.raises(InputError, match="taps of one shape"):
        loss.setup(
            {"t": keras.KerasTensor((None, 2))},
            {"s": keras.KerasTensor((None, 3))},
        )


def test_labels_can_be_what_is_real():
    for kind, expected in VALUES.items():
        loss = Adversarial(
            linear(), teacher_tap=None, student_tap="s", kind=kind
        )
        spec = {"s": keras.KerasTensor((None, 2))}
        loss.setup({}, spec)
        assert loss.needs_labels
        found = loss({}, {"s": FAKE}, labels=REAL)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    for wrong in (None, np.array([1, 2])):
        with pytest.raises(InputError, match="with labels, received"):
            loss({}, {"s": FAKE}, labels=wrong)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.teacher_taps == ()
