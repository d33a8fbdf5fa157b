import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, classes=3):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    return methods.get("irg").build(
        teacher=network((3, 6)), student=network((2, 4)), **arguments
    )


def square_distances(x):
    x = x.reshape(len(x), -1)
    result = np.sum((x[:, None] - x[None]) ** 2, axis=-1)
    return result / result.max()


def vertex_change(first, second):
    """Of 8x8 and 4x4 maps with c and 2c channels."""
    count = len(first)
    first = first.reshape(count, 4, 2, 4, 2, -1).mean(axis=(2, 4))
    second = second.reshape(count, 4, 4, -1, 2).mean(axis=-1)
    change = np.sum((first - second) ** 2, axis=(1, 2, 3))
    return change / change.max()


def taps(random, channels):
    shapes = {
        "stage1": (5, 8, 8, channels),
        "stage2": (5, 4, 4, 2 * channels),
        "embedding": (5, 32 * channels),
        "logits": (5, 3),
    }
    return {
        n: random.normal(size=s).astype("float32") for n, s in shapes.items()
    }


def test_every_part_is_the_paper_s():
    random = np.random.default_rng(0)
    teacher, student = taps(random, 3), taps(random, 2)
    t, s = (
        {n: x.astype("float64") for n, x in side.items()}
        for side in (teacher, student)
    )

    def gap(function, *names):
        values = [function(*(side[n] for n in names)) for side in (t, s)]
        return np.mean((values[0] - values[1]) ** 2)

    def edge_change(first, second):
        return (square_distances(first) - square_distances(second)) ** 2

    expected = {
        "irg_vertices": gap(lambda z: z, "logits"),
        "irg_edges_stage1": gap(square_distances, "stage1"),
        "irg_edges_stage2": gap(square_distances, "stage2"),
        "irg_edges_embedding": gap(square_distances, "embedding"),
        "irg_change_vertices_stage2": gap(vertex_change, "stage1", "stage2"),
        "irg_change_edges_stage2": gap(edge_change, "stage1", "stage2"),
    }
    found = {
        part.name: np.mean(part(teacher, student))
        for part in build().distillation_losses
    }
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=5e-6, err_msg=name)


def test_layers_share_a_weight():
    distiller = build(edge_weight=6.0)
    factors = distiller.distillation_loss_weights
    weights = [float(d.weight(0)) for d in distiller.distillation_losses]
    found = np.multiply(factors, weights)
    np.testing.assert_allclose(found, [0.1, 2, 2, 2, 5, 5], rtol=1e-6)


def test_a_change_belongs_to_its_own_network():
    # The survey's Eqn 21 prints them crossed.
    change = build(edge_change=False).distillation_losses[-1]
    random = np.random.default_rng(0)
    teacher, student = taps(random, 3), taps(random, 2)
    own = change(teacher, student)
    student["stage1"] = student["stage1"] + student["stage1"] ** 2
    assert not np.allclose(own, change(teacher, student))
    assert change.name == "irg_change_vertices_stage2"
    assert change.teacher_taps == change.student_taps == ("stage1", "stage2")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": (("stage2", "stage2"),)}, "at least two pairs"),
        ({"edge_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
        ({"teacher": network((3, 6), classes=4)}, "tensors of one shape"),
    ],
)
def test_rejects_arguments(wrong, message):
    arguments = {"teacher": network((3, 6)), "student": network((2, 4))}
    with pytest.raises(InputError, match=message):
        methods.get("irg").build(**{**arguments, **wrong})
