import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import KnowledgeProjection

ROUTES = (("deep", "own"), ("wide", "own"))
TEACHER = {"deep": (2, 2, 3), "wide": (4, 4, 2)}
STUDENT = {"own": (2, 2, 2)}


def specs(shapes):
    return {n: keras.KerasTensor((None, *s)) for n, s in shapes.items()}


def made(**arguments):
    loss = KnowledgeProjection(routes=ROUTES, **arguments)
    loss.setup(specs(TEACHER), specs(STUDENT))
    return loss


def taps(shapes, seed):
    random = np.random.default_rng(seed)
    return {
        n: random.normal(size=(3, *s)).astype("float32")
        for n, s in shapes.items()
    }


def test_is_the_distance_to_the_projected_teacher():
    loss = made()
    teacher, student = taps(TEACHER, 0), taps(STUDENT, 1)
    pooled = teacher["wide"].reshape(3, 2, 2, 2, 2, 2).mean(axis=(2, 4))
    gaps = []
    for x, project in zip((teacher["deep"], pooled), loss.projections):
        kernel, bias = project.get_weights()
        gap = np.abs(x @ kernel + bias - student["own"])
        gaps.append(gap.mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(
        loss(teacher, student), np.mean(gaps, axis=0), rtol=1e-5
    )
    relative = np.mean(gaps, axis=1) / np.mean(np.abs(student["own"]))
    np.testing.assert_allclose(loss.scores, relative, rtol=1e-5)


def test_projections_are_trained():
    assert len(made().trainable_variables) == 4


def test_layers_of_a_route_have_one_rank():
    loss = KnowledgeProjection(routes=(("flat", "own"),))
    with pytest.raises(InputError, match="keeps the rank"):
        loss.setup(specs({"flat": (6,)}), specs(STUDENT))
