import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(teacher=(2, 3, 4), student=(2, 3, 4), **arguments):
    return methods.get("alpsn").build(
        teacher=cases.cnn(teacher), student=cases.cnn(student), **arguments
    )


def softplus(x):
    return np.log1p(np.exp(x))


def test_is_the_game_of_features_by_hand():
    (game,) = build(units=()).distillation_losses
    width = game.critic.input_shape[1]
    w = np.zeros((width, 1))
    w[:2, 0] = 1.0, -2.0
    game.critic.set_weights([w, np.array([0.5])])
    t, s = np.zeros((2, 1, width), "float32")
    t[0, :2] = 1.0, 0.0
    s[0, :2] = 0.0, 1.0
    # Scores 1 + 0.5 of the teacher and -2 + 0.5 of the student.
    # assistant: -log sig(1.5) - log(1 - sig(-1.5)); student: -log sig(-1.5)
    expected = softplus(-1.5) + softplus(-1.5) + softplus(1.5)
    found = game({"embedding": t}, {"embedding": s})
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_labels_and_game_add_up_to_the_loss():
    model = build(weight=0.3, task_weight=0.7)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=True)
    x, y = cases.images(8)
    logs = model.train_on_batch(x, y, return_dict=True)
    expected = 0.7 * logs["task_loss"] + 0.3 * logs["adversarial"]
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_the_student_comes_to_be_taken_for_the_teacher():
    # Against a fixed assistant, the student alone moves its score up.
    model = build(task_weight=0.01, units=(8,))
    (game,) = model.distillation_losses
    game.critic.trainable = False
    model.compile(keras.optimizers.Adam(3e-3), cases.Case().loss)
    x, y = cases.images(16)
    features = keras.Model(
        model.student.input, model.student.get_layer("embedding").output
    )
    before = np.mean(game.scores(features(x)))
    model.fit(x, y, epochs=10, verbose=0)
    assert np.mean(game.scores(features(x))) > before


def test_features_of_other_widths_are_mapped():
    same, other = (
        build(student=filters).distillation_losses[0].student_transform
        for filters in ((2, 3, 4), (2, 3, 3))
    )
    assert not same.weights
    # Embeddings of 2 x 2 positions.
    assert other.kernel.shape == (12, 16)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "wasserstein"}, "kind of adversarial loss"),
        ({"teacher_tap": "middle"}, "'middle'"),
        ({"student_tap": "stage1"}, "keeps the rank"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
