import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def student():
    return models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("self_ensembling_da").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def total(distiller, t, s, labels):
    t, s = {"logits": np.float32(t)}, {"logits": np.float32(s)}
    return sum(
        factor * float(loss.weight(0)) * np.mean(loss(t, s, labels=labels))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    t, s = 2 * random.normal(size=(2, 5, 2))
    labels = np.array([0, 1, -1, -1, -1])
    p, q = softmax(t)[2:], softmax(s)[2:]
    sure = p.max(axis=1) >= 0.7
    assert 0 < sure.sum() < 3
    consistency = np.mean(sure * np.mean((p - q) ** 2, axis=1))
    mean = q.mean(axis=0)
    entropies = -0.5 * np.log(mean) - 0.5 * np.log(1 - mean)
    expected = 3.0 * (consistency + 0.1 * sure.mean() * entropies.sum())
    distiller = build(threshold=0.7, weight=3.0, balance_weight=0.1)
    np.testing.assert_allclose(
        total(distiller, t, s, labels), expected, rtol=1e-5
    )


def test_the_source_learns_from_its_labels_alone():
    t, s = np.random.default_rng(0).normal(size=(2, 4, 2))
    assert total(build(threshold=0.0), t, s, np.array([0, 1, 1, 0])) == 0


def test_the_teacher_is_an_average_with_noise_of_its_own():
    distiller = build(decay=0.9)
    assert distiller.teacher.decay.value == 0.9
    assert distiller.teacher.training
    assert distiller.teacher.batch_statistics
    x = np.zeros((4, 3), "float32")
    views = (distiller.student_view, distiller.teacher_view)
    first, second = (np.asarray(view(x, training=True)) for view in views)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"threshold": 1.0}, r"must be in \[0, 1\)"),
        ({"balance_weight": -1.0}, "balance_weight must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"decay": 1.0}, "decay must be"),
        ({"pixels": 1}, "Images"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
