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
    arguments = {
        "teacher": network((5,)),
        "student": network((3,)),
        **arguments,
    }
    return methods.get("cckd").build(**arguments)


def correlation(t, s, **arguments):
    """Mean over the batch of the correlation loss of two embeddings."""
    loss = build(**arguments).distillation_losses[0]
    return np.mean(loss({"embedding": t}, {"embedding": s}))


def test_the_paper_s_equation_by_hand():
    # Cosines 0 and 3/5, with g = 1/2 and P = 1: e^-1 (1 + cosine). Two
    # entries of four differ, by 3/5 e^-1.
    teacher = np.array([[1.0, 0.0], [0.0, 2.0]], "float32")
    student = np.array([[2.0, 0.0], [3.0, 4.0]], "float32")
    found = correlation(teacher, student, gamma=0.5, order=1)
    np.testing.assert_allclose(found, 2 * 0.36 * np.exp(-2) / 4, rtol=1e-6)


@pytest.mark.parametrize(
    ("kernel", "function"),
    [
        (
            "rbf",
            lambda x, y: np.exp(-0.8) * (1 + 0.8 * x @ y + 0.32 * (x @ y) ** 2),
        ),
        ("bilinear", lambda x, y: x @ y),
        ("mmd", lambda x, y: np.linalg.norm(x - y)),
    ],
)
def test_kernels_of_a_batch(kernel, function):
    taps = [RANDOM.normal(size=(6, width)) for width in (5, 3)]

    def matrix(x):
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
        return np.array([[function(a, b) for b in x] for a in x])

    expected = np.mean((matrix(taps[0]) - matrix(taps[1])) ** 2)
    found = correlation(*(x.astype("float32") for x in taps), kernel=kernel)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_the_adjacent_kernel_multiplies_errors_of_neighbours():
    # |(0, 2) - (1, 1)| . |(1, 0) - (3, 3)| = 1 * 2 + 1 * 3.
    teacher = np.array([[0.0, 2.0], [1.0, 0.0]], "float32")
    student = np.array([[1.0, 1.0], [3.0, 3.0]], "float32")
    found = correlation(
        teacher, student, kernel="adjacent", teacher=network((3,))
    )
    np.testing.assert_allclose(found, 5.0, rtol=1e-6)


def test_only_the_adjacent_kernel_needs_a_map_to_the_teachers_width():
    counts = {
        kernel: len(build(kernel=kernel).distillation_losses[0].weights)
        for kernel in ("rbf", "adjacent")
    }
    assert counts == {"rbf": 0, "adjacent": 2}


def test_turning_the_embedding_costs_nothing():
    teacher = RANDOM.normal(size=(6, 3)).astype("float32")
    turned = np.linalg.qr(RANDOM.normal(size=(3, 3)))[0].astype("float32")
    np.testing.assert_allclose(
        correlation(teacher, 5 * teacher @ turned), 0, atol=1e-10
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel": "rdf"}, "no kernel named"),
        ({"gamma": -1.0}, "gamma > 0"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"student_tap": "embeding"}, "no tap"),
        ({"teacher": network((5,), classes=4)}, "the same classes"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
