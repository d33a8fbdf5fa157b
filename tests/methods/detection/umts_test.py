import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, channels=1):
    return models.build(
        "cnn",
        input_shape=(8, 8, channels),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    arguments = {
        "teacher": network((3, 4), channels=3),
        "student": network((2, 5)),
        **arguments,
    }
    return methods.get("umts").build(**arguments)


def test_every_stage_has_the_uncertainty_s_likelihood():
    losses = build(initial_variance=2.0).distillation_losses
    assert [loss.teacher_taps[0] for loss in losses] == ["stage1", "stage2"]
    random = np.random.default_rng(0)
    for loss in losses:
        (t_tap,), (s_tap,) = loss.teacher_taps, loss.student_taps
        size = loss.mean.size
        t = random.normal(size=(2, *size, loss.mean.units)).astype("float32")
        channels = loss.mean.kernel.shape[0]
        s = random.normal(size=(2, *size, channels)).astype("float32")
        r = s @ np.asarray(loss.mean.kernel) + np.asarray(loss.mean.bias)
        # v starts at 2 for every example.
        error = np.mean((t - r) ** 2, axis=(1, 2, 3))
        found = loss({t_tap: t}, {s_tap: s})
        expected = 0.5 * (error / 2 + np.log(2))
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_an_example_that_fits_badly_becomes_uncertain():
    student = network((2, 5))
    distiller = build(student=student)
    distiller.compile("adam", "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    x = random.uniform(size=(8, 8, 8, 1)).astype("float32")
    shots = 50 * random.normal(size=(8, 8, 8, 3)).astype("float32")
    before = [float(loss.offset) for loss in distiller.distillation_losses]
    x = {"student": x, "teacher": shots}
    distiller.fit(x, np.arange(8) % 3, epochs=2, verbose=0)
    after = [float(loss.offset) for loss in distiller.distillation_losses]
    assert all(late > early for early, late in zip(before, after))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"pairs": ()}, "at least one pair"),
        ({"pairs": (("stage1", "embedding"),)}, "keeps the rank"),
        ({"pairs": (("no_such", "stage1"),)}, "no_such"),
        ({"initial_variance": 0.0}, "initial_variance"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
