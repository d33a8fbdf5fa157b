import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(8)


def teachers():
    return [cases.cnn((6, 8, 12)), cases.cnn((3, 4, 5), dense=(7,))]


def build(**arguments):
    parts = {"teacher": teachers(), "student": cases.student()}
    return methods.get("meal").build(**{**parts, **arguments})


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


T = np.array([[0.0, np.log(3.0), 0.0, 0.0]], "float32")
S = np.zeros((1, 4), "float32")
SIMILARITIES = {
    # KL((1/6, 3/6, 1/6, 1/6) || uniform), sum q ln 4 q
    "kl": np.log(2 / 3) / 2 + np.log(2) / 2,
    "l1": np.log(3) / 4,
    "l2": np.log(3) ** 2 / 4,
}


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_logits_and_blocks_are_compared_alike(similarity):
    model = build(similarity=similarity, pairs=(("stage3", "stage3"),))
    logits, block = model.distillation_losses[:2]
    expected = [SIMILARITIES[similarity]]
    found = logits({"logits": T}, {"logits": S})
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # Pooled by the teacher; the student's 2x2 map of 8 channels of zeros.
    found = block({"stage3": T}, {"stage3": np.zeros((1, 2, 2, 8), "float32")})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_one_teacher_of_any_size_teaches_a_batch():
    pair, student = teachers(), cases.student()
    model = build(teacher=pair, student=student)
    model.compile("sgd", run_eagerly=True)
    turns = set()
    for _ in range(10):
        p = softmax(np.asarray(student(X, training=True), "float64"))
        q = [softmax(np.asarray(t(X), "float64")) for t in pair]
        expected = [np.mean(np.sum(t * np.log(t / p), axis=1)) for t in q]
        logs = model.train_on_batch(X, return_dict=True)
        near = np.isclose(logs["logits"], expected, rtol=1e-3)
        assert near.sum() == 1
        turns.add(int(np.argmax(near)))
    assert turns == {0, 1}


def test_a_game_at_every_block_and_at_the_logits():
    games = [
        loss
        for loss in build().distillation_losses
        if loss.name.startswith("game")
    ]
    assert [game.name for game in games] == [
        "game_stage1",
        "game_stage2",
        "game_stage3",
        "game_logits",
    ]
    # 8x8, 4x4 and 2x2 positions, 4 classes; three dense layers each.
    widths = [game.critic.input_shape[1] for game in games]
    assert widths == [64, 16, 4, 4]
    assert all(len(game.critic.weights) == 6 for game in games)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="similarity of meal"):
        build(similarity="l3")
    with pytest.raises(InputError, match="block_weights must be"):
        build(block_weights=(1.0,))
    with pytest.raises(InputError, match="shapes differ"):
        build(teacher=[cases.teacher(), cases.cnn((4, 4, 4), classes=3)])
    with pytest.raises(InputError, match="'middle'"):
        build(pairs=(("middle", "stage1"),))
