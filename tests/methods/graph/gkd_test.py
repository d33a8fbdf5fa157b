import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    return methods.get("gkd").build(
        teacher=network((3, 5)), student=network((2, 4)), **arguments
    )


def adjacency(x):
    x = x.reshape(len(x), -1).astype("float64")
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    weights = x @ x.T
    np.fill_diagonal(weights, 0)
    root = weights.sum(axis=1) ** -0.5
    return root[:, None] * weights * root[None]


def test_by_hand():
    # Cosines (1, 2) 1, (1, 3) 0, (2, 3) 0: one edge, A = 1. The student's
    # are all 1: degrees 2, A = 1/2 for each pair.
    teacher = np.array([[1, 0], [2, 0], [0, 1]], "float32")
    student = np.array([[1, 0], [2, 0], [3, 0]], "float32")
    (part,) = build(pairs=(("stage2", "stage2"),)).distillation_losses
    found = part({"stage2": teacher}, {"stage2": student})
    # Both orders: 2 (1/2)^2 + 4 (1/2)^2.
    np.testing.assert_allclose(np.mean(found), 1.5, rtol=1e-6)


@pytest.mark.parametrize("power", [1, 2])
def test_eqn_20_at_every_stage(power):
    random = np.random.default_rng(0)
    teacher = {
        "stage1": random.uniform(size=(5, 8, 8, 3)).astype("float32"),
        "stage2": random.uniform(size=(5, 4, 4, 5)).astype("float32"),
    }
    # Few features, so that the graphs differ.
    student = {
        "stage1": random.uniform(size=(5, 1, 1, 2)).astype("float32"),
        "stage2": random.uniform(size=(5, 1, 1, 4)).astype("float32"),
    }
    parts = build(power=power).distillation_losses
    assert [p.name for p in parts] == ["gkd_stage1", "gkd_stage2"]
    for part, stage in zip(parts, teacher):
        graphs = [
            np.linalg.matrix_power(adjacency(side[stage]), power)
            for side in (teacher, student)
        ]
        expected = np.sum((graphs[0] - graphs[1]) ** 2)
        found = np.mean(part(teacher, student))
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        assert float(part.weight(0)) == 25.0


def test_length_of_the_features_does_not_matter():
    random = np.random.default_rng(0)
    teacher = random.uniform(size=(5, 4, 4, 5)).astype("float32")
    lengths = random.uniform(0.1, 9, (5, 1, 1, 1)).astype("float32")
    part = build().distillation_losses[1]
    found = part({"stage2": teacher}, {"stage2": lengths * teacher})
    np.testing.assert_allclose(found, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"neighbors": 0}, "None keeps all"),
        ({"power": 0}, "power must be"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"pairs": (("stage9", "stage2"),)}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
