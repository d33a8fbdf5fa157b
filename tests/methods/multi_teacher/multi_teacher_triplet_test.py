import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def network(units, classes=3):
    return models.build(
        "mlp", input_shape=(4,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments = {"teacher": [network((5,)), network((4,))], **arguments}
    return methods.get("multi_teacher_triplet").build(
        student=network((3,)), **arguments
    )


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def squares(x):
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return np.sum((x[:, None] - x[None]) ** 2, axis=-1)


def test_follows_the_mean_of_softened_predictions():
    first, second, student = RANDOM.normal(size=(3, 4, 3)) * 3
    p = (softmax(first / 4) + softmax(second / 4)) / 2
    log_q = np.log(softmax(student / 4))
    expected = 16 * np.sum(p * (np.log(p) - log_q), axis=1)
    found = build().distillation_losses[0](
        {"0/logits": np.float32(first), "1/logits": np.float32(second)},
        {"logits": np.float32(student)},
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_orders_that_teachers_vote_for_are_imposed():
    teachers = [RANDOM.normal(size=(5, width)) for width in (5, 4, 6)]
    student = RANDOM.normal(size=(5, 3))
    weights = (0.5, 0.2, 0.3)
    gaps, d = [], squares(student)
    for i in range(5):
        for j in set(range(5)) - {i}:
            for k in set(range(5)) - {i, j}:
                vote = sum(
                    w * np.sign(t[i, k] - t[i, j])
                    for w, t in zip(weights, map(squares, teachers))
                )
                # With these weights the first teacher alone can tie.
                if vote > 1e-9:
                    gaps.append(max(d[i, j] - d[i, k] + 0.2, 0))
    loss = build(
        teacher=[network((5,)) for _ in teachers], votes=weights, margin=0.2
    ).distillation_losses[1]
    found = loss(
        {f"{n}/embedding": np.float32(t) for n, t in enumerate(teachers)},
        {"embedding": np.float32(student)},
    )
    np.testing.assert_allclose(np.mean(found), np.mean(gaps), rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"votes": (1.0,)}, "shares of teachers must be 2"),
        ({"margin": -1.0}, "finite margin"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"teacher_tap": "embeding"}, "no tap"),
        ({"student_tap": "embeding"}, "no tap"),
        ({"teacher": [network((5,), classes=4)]}, "classes"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
