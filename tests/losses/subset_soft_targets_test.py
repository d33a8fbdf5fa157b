import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import SubsetSoftTargets

LOG3 = np.log(3.0)
STUDENT = np.float32([[0.0, 5.0, LOG3, -2.0]])
TEACHER = np.float32([[LOG3, 0.0]])
# Of classes 2 and 0 the student has (3/4, 1/4), as the teacher.
SAME = (2, 0)
# Of 0 and 2 it has (1/4, 3/4): KL = 3/4 ln 3 - 1/4 ln 3 = ln(3) / 2.
SWAPPED = (0, 2)


def value(classes, labels=None, **arguments):
    loss = SubsetSoftTargets(classes=classes, **arguments)
    labels = None if labels is None else np.array(labels)
    return loss({"logits": TEACHER}, {"logits": STUDENT}, labels=labels)


def test_only_the_subset_counts():
    np.testing.assert_allclose(value(SAME), [0.0], atol=1e-6)
    np.testing.assert_allclose(value(SWAPPED), [LOG3 / 2], rtol=1e-6)


def test_softened_by_the_temperature_and_weighed_by_its_square():
    # 1 / (1 + 3^(-1/2)) = 0.633975 and 0.366025: ln 3 / 2 apart.
    p = 1 / (1 + 3**-0.5)
    expected = 4 * (2 * p - 1) * LOG3 / 2
    found = value(SWAPPED, temperature=2.0)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_own_examples_are_those_of_the_subset():
    arguments = {"own_examples": True}
    for label, factor in ((0, 1), (2, 1), (1, 0), (3, 0), (-1, 0)):
        found = value(SWAPPED, [label], **arguments)
        np.testing.assert_allclose(found, [factor * LOG3 / 2], rtol=1e-6)


def test_a_teacher_of_more_classes_gives_some_of_them():
    loss = SubsetSoftTargets(classes=(0, 2), teacher_classes=(3, 1))
    teacher = np.float32([[9, LOG3, 9, 0]])
    found = loss({"logits": teacher}, {"logits": STUDENT})
    np.testing.assert_allclose(found, [0.0], atol=1e-6)


def test_gradient_reaches_the_subset_alone():
    loss = SubsetSoftTargets(classes=SWAPPED, dtype="float64")
    teacher = {"logits": np.float64(TEACHER)}
    assert_gradient(
        lambda z: loss(teacher, {"logits": z}), [[0.3, -1.0, 0.8, 2.0]]
    )


def test_extreme_logits_are_finite():
    found = SubsetSoftTargets(classes=(0, 1))(
        {"logits": np.float32([[1e4, -1e4]])},
        {"logits": np.float32([[-1e4, 1e4, 0]])},
    )
    np.testing.assert_allclose(found, [2e4], rtol=1e-6)


def test_its_config_is_complete():
    loss = SubsetSoftTargets(
        classes=(0, 2), teacher_classes=(1, 0), own_examples=True
    )
    copy = SubsetSoftTargets.from_config(loss.get_config())
    assert copy.teacher_classes == [1, 0]
    assert copy.needs_labels


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least two different"):
        SubsetSoftTargets(classes=(1, 1))
    spec = {"logits": keras.KerasTensor((None, 2))}
    with pytest.raises(InputError, match="each of the teacher's logits"):
        SubsetSoftTargets(classes=(0, 2)).setup(spec, spec)
    with pytest.raises(InputError, match="needs labels"):
        value(SAME, own_examples=True)
