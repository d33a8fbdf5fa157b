import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": cases.cnn((6, 8, 8)),
        "student": cases.cnn((4, 6, 8)),
        "critic_units": (5,),
        **arguments,
    }
    return methods.get("aid_event").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def test_student_and_critic_contest_over_encodings():
    (game,) = build(weight=0.5).distillation_losses
    t, s = np.random.default_rng(0).normal(size=(2, 3, 32)).astype("float32")
    weights = [np.asarray(w, "float64") for w in game.critic.weights]

    def score(x):
        hidden = np.maximum(x @ weights[0] + weights[1], 0)
        return (hidden @ weights[2] + weights[3])[:, 0]

    # -log D(t) - log(1 - D(s)) of the critic, -log D(s) of the student.
    expected = softplus(-score(t)) + softplus(score(s)) + softplus(-score(s))
    found = game({"embedding": t}, {"embedding": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert float(game.weight(0)) == 0.5


def test_the_student_starts_with_the_teachers_classifier():
    teacher, student = cases.cnn((6, 8, 8)), cases.cnn((4, 6, 8))
    build(teacher=teacher, student=student)
    features = np.random.default_rng(0).normal(size=(3, 32)).astype("float32")
    heads = [model.get_layer("logits") for model in (teacher, student)]
    first, second = (np.asarray(head(features)) for head in heads)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("frozen", [True, False])
def test_the_classifier_can_stay_the_teachers(frozen):
    student = cases.cnn((4, 6, 8))
    model = build(student=student, freeze_classifier=frozen)
    head = student.get_layer("logits")
    before, body = head.get_weights(), student.get_weights()[0]
    model.compile(keras.optimizers.Adam(0.01), cases.Case().loss)
    model.fit(*cases.data(("views",), 8), verbose=0)
    same = [np.array_equal(*pair) for pair in zip(before, head.get_weights())]
    assert same == [frozen, frozen]
    assert not np.array_equal(body, student.get_weights()[0])


def test_text_can_be_seen_with_and_without_annotations():
    keras.utils.set_random_seed(0)
    model = build(
        teacher=sequences.transformer(depth=1), student=sequences.transformer()
    )
    model.compile(keras.optimizers.Adam(0.01), sequences.SEQUENCE.loss())
    x, y = sequences.sentences(count=9)
    raw = np.where(x % 3 == 0, 1, x)
    logs = model.fit({"student": raw, "teacher": x}, y, verbose=0).history
    assert all(np.all(np.isfinite(values)) for values in logs.values())


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"student": cases.cnn((4, 6, 9))}, "the teacher's classifier"),
        (
            {"teacher": cases.cnn((6, 8, 8), classes=7)},
            "the teacher's classifier",
        ),
        ({"student_tap": "none"}, "none"),
        ({"student_tap": "stage1"}, "of one shape"),
        ({"kind": "none"}, "kind of adversarial loss"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
