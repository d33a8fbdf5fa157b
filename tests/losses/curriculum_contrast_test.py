import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd import schedules
from tfkd.errors import InputError
from tfkd.losses import CurriculumContrast

RANDOM = np.random.default_rng(0)
# Unit vectors at 0, 30, 60 and 90 degrees.
ANGLES = np.radians([0, 30, 60, 90])
UNIT = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1).astype("float32")


def values(loss, theirs, own, step=0):
    return loss({"view": theirs}, {"embedding": own}, step=step)


def chord(degrees):
    return 2 * np.sin(np.radians(degrees) / 2)


def test_the_rank_of_the_negative_follows_the_schedule():
    # The others of the first are 30, 60 and 90 degrees away.
    loss = CurriculumContrast(
        margin=1.0, hardness=schedules.Linear(0.0, 1.0, 2)
    )
    square = np.sum((UNIT[:, None] - UNIT[None]) ** 2, axis=-1)
    for step, degrees in ((0, 90), (1, 60), (2, 30), (9, 30)):
        found = loss.negatives(tf.constant(np.sqrt(square)), step)
        np.testing.assert_allclose(found[0], chord(degrees), rtol=1e-5)


def test_pairs_are_near_and_negatives_outside_the_margin():
    # The student's vectors are twice as long and turned by 30 degrees: of the
    # first (at 30) the others are at 30, 60, 90: the hardest is 0 away.
    turned = 2 * np.stack(
        [np.cos(ANGLES + np.pi / 6), np.sin(ANGLES + np.pi / 6)], axis=-1
    )
    loss = CurriculumContrast(margin=0.6, hardness=1.0)
    found = values(loss, UNIT, turned.astype("float32"))
    pair = chord(30) ** 2
    # The last, at 120, is 60 degrees from the one at 60: outside.
    np.testing.assert_allclose(
        found, [pair + 0.36, pair + 0.36, pair + 0.36, pair + 0.0], rtol=1e-4
    )


def test_one_example_has_no_negative():
    loss = CurriculumContrast()
    found = values(loss, UNIT[:1], UNIT[1:2])
    np.testing.assert_allclose(found, [chord(30) ** 2], rtol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e20])
def test_extremes_are_finite(scale):
    own = tf.Variable(tf.cast(scale * RANDOM.normal(size=(4, 3)), "float32"))
    with tf.GradientTape() as tape:
        value = values(CurriculumContrast(), tf.identity(own), own)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, own)))


def test_gradient_agrees_with_finite_differences():
    theirs = RANDOM.normal(size=(5, 3))
    loss = CurriculumContrast(margin=3.0, hardness=0.5, dtype="float64")
    assert_gradient(
        lambda own: values(loss, theirs, own), RANDOM.normal(size=(5, 3))
    )


def test_a_round_trip_keeps_the_arguments():
    loss = CurriculumContrast(margin=0.2, hardness=0.3)
    again = CurriculumContrast.from_config(loss.get_config())
    assert again.margin == 0.2
    np.testing.assert_allclose(again.hardness(0), 0.3)


def test_rejects_arguments():
    with pytest.raises(InputError, match="margin must be"):
        CurriculumContrast(margin=float("nan"))
    with pytest.raises(InputError, match="hardness"):
        CurriculumContrast(hardness=-1.0)
