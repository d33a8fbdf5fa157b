import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters=(2, 3), classes=3):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        filters=filters,
        strides=(2, 2),
        pool="avg",
    )


def build(**arguments):
    models_ = {"teacher": network((3, 4)), "student": network()}
    return methods.get("kdgan").build(**{**models_, **arguments})


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_distills_both_ways():
    _, first, second, _ = build(temperature=2.0).distillation_losses
    z_c = np.array([[1.0, 0.0, 2.0]])
    z_t = np.array([[0.0, 3.0, 1.0]])
    c, t = softmax(z_c / 2), softmax(z_t / 2)
    taps = {"logits": z_c.astype("float32"), "peer1": z_t.astype("float32")}
    # 2^2 KL(p_t || p_c) moves the student, 2^2 KL(p_c || p_t) the teacher.
    for loss, p, q in ((first, t, c), (second, c, t)):
        expected = 4 * np.sum(p * (np.log(p) - np.log(q)))
        np.testing.assert_allclose(loss(taps, taps), [expected], rtol=1e-6)


def test_labels_alone_count_before_the_game():
    model = build(pretraining_steps=3, weight=0.2)
    before, then = (
        [
            round(float(loss.weight(step)), 6)
            for loss in model.distillation_losses
        ]
        for step in (2, 3)
    )
    # Of the game, of both distillations, and of the teacher's labels.
    assert before == [0.0, 0.0, 0.0, 1.0]
    assert then == [0.2, 1.0, 0.1, 1.0]
    assert model.players == ("peer1",)


def test_the_critic_sees_features_and_labels():
    game = build().distillation_losses[0]
    assert [tuple(s) for s in game.critic.input_shape] == [(None, 3), (None, 3)]


def test_all_three_players_are_trained():
    teacher, student = network((3, 4)), network()
    model = build(teacher=teacher, student=student)
    model.compile("adam", "sparse_categorical_crossentropy")
    players = (teacher, student, model.distillation_losses[0].critic)
    before = [player.get_weights() for player in players]
    x = np.random.default_rng(0).uniform(size=(8, 8, 8, 1))
    model.fit(x, np.arange(8) % 3, batch_size=4, verbose=0)
    for player, weights in zip(players, before):
        after = player.get_weights()
        assert any(not np.array_equal(b, a) for b, a in zip(weights, after))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"balance": -0.1}, "balance must be"),
        ({"relaxation": 0.0}, "temperature must be"),
        ({"feature_tap": "middle"}, "'middle'"),
        ({"pretraining_steps": -1}, "pretraining_steps must be"),
        ({"student_weight": -1.0}, "student_weight must be"),
        ({"teacher": "a path"}, "must be a keras.Model"),
        ({"teacher": network(classes=4)}, "same classes"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
