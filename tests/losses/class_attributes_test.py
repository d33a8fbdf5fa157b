import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses.class_attributes import ClassAttributes

ATTRIBUTES = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


def test_seen_classes_are_all_others():
    classes = ClassAttributes(ATTRIBUTES, (1,))
    assert classes.seen == (0, 2)
    assert len(classes) == 3


def test_examples_are_parted_by_class():
    classes = ClassAttributes(ATTRIBUTES, (1,))
    groups = classes.by_class(np.arange(4)[:, None], np.array([2, 0, -1, 2]))
    assert [group.tolist() for group in groups] == [[[1]], [[0], [3]]]


@pytest.mark.parametrize("labels", [None, [0, 0, -1, -1]])
def test_a_seen_class_without_examples_is_told(labels):
    with pytest.raises(InputError, match="Every seen class needs an example"):
        ClassAttributes(ATTRIBUTES, (1,)).by_class(np.zeros((4, 2)), labels)


@pytest.mark.parametrize(("width", "count"), [(3, 3), (2, 4)])
def test_a_classifier_of_other_shape_is_told(width, count):
    head = keras.layers.Dense(count)
    head.build((None, width))
    with pytest.raises(InputError, match="classifier must map"):
        ClassAttributes(ATTRIBUTES, (1,)).check_head("t", (None, 2), head)


@pytest.mark.parametrize(
    ("attributes", "unseen", "message"),
    [
        (ATTRIBUTES, (), "some of the classes 0 to 2"),
        (ATTRIBUTES, (0, 1, 2), "and not all"),
        (ATTRIBUTES, (2, 2), "once"),
        ((), (0,), "one row a class"),
        (((1.0,), (float("nan"),)), (0,), "finite numbers"),
    ],
)
def test_rejects_classes(attributes, unseen, message):
    with pytest.raises(InputError, match=message):
        ClassAttributes(attributes, unseen)
