import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def mlp(size, width=2):
    return models.build(
        "mlp", input_shape=(size,), num_classes=2, units=(3, width)
    )


def build(**arguments):
    arguments = {
        "teacher": mlp(5),
        "student": mlp(4),
        "condition_tap": "stage1",
        **arguments,
    }
    return methods.get("cmd_cgan").build(**arguments)


def test_the_critic_sees_features_and_what_they_were_made_of():
    model = build(units=())
    (game,) = model.distillation_losses
    # D = f_1 + 2 f_2 + 3 c_1 of features f and condition c, no bias.
    game.critic.get_layer("score").set_weights(
        [np.float32([[1], [2], [3], [0], [0]]), np.float32([0])]
    )
    teacher = {"embedding": np.float32([[1, 1]])}
    student = {
        "embedding": np.float32([[0, 1]]),
        "stage1": np.float32([[-1, 5, 5]]),
    }
    # Real: 1 + 2 - 3 = 0; made: 2 - 3 = -1.
    expected = np.log(2) + np.log1p(np.exp(-1)) + np.log1p(np.exp(1))
    found = game(teacher, student)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_labels_and_the_game_train_generator_and_classifier():
    keras.utils.set_random_seed(0)
    student = mlp(4)
    model = build(student=student)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    poor = RANDOM.normal(size=(16, 4)).astype("float32")
    rich = RANDOM.normal(size=(16, 5)).astype("float32")
    before = student.get_weights()
    x = {"student": poor, "teacher": rich}
    model.fit(x, (poor[:, 0] > 0).astype("int32"), epochs=2, verbose=0)
    moved = [
        not np.array_equal(old, new)
        for old, new in zip(before, student.get_weights())
    ]
    assert all(moved)
    assert model.predict(poor, verbose=0).shape == (16, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"student": mlp(4, 3)}, "compares taps of one shape"),
        ({"condition_tap": "stage7"}, "no tap"),
        ({"kind": "vanila"}, "kind of adversarial loss"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_the_condition_is_the_first_stage_if_none_is_named():
    (game,) = build(condition_tap=None).distillation_losses
    assert game.condition_tap == "stage1"
