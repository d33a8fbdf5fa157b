import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import SelectedNeurons
from tfkd.losses.selected_neurons import select_neurons

RANDOM = np.random.default_rng(0)
LABELS = np.array([0, 0, 1, 1])
# Class; half class, half not; not the class; class again; inhibited.
FEATURES = np.array(
    [
        [0, 0, 0, 0, 0],
        [0, 2, 2, 0, 0],
        [1, 2, 0, 4, 0],
        [1, 4, 2, 4, 0],
    ],
    "float32",
)


def test_relevance_is_the_share_of_variance_between_classes():
    # Shares 1, 1/2 (means 1 and 3 about 2: 1 of 2), 0, 1 and 0.
    chosen = select_neurons(FEATURES, LABELS, 3, redundancy=0.0)
    assert chosen.tolist() == [0, 3, 1]


def test_a_neuron_that_repeats_another_is_passed_over():
    # 3 correlates with 0 fully: 1 - 1. 1 by 1 / sqrt(2): 1/2 - 0.71. 2 and
    # the inhibited one not at all: 0.
    chosen = select_neurons(FEATURES, LABELS, 2, redundancy=1.5)
    assert chosen.tolist() == [0, 2]


def test_unlabelled_examples_do_not_count():
    noise = RANDOM.normal(size=(3, 5))
    features = np.concatenate([FEATURES, noise])
    labels = np.concatenate([LABELS, [-1, -1, -1]])
    found = select_neurons(features, labels, 3, 0.0)
    np.testing.assert_array_equal(
        found, select_neurons(FEATURES, LABELS, 3, 0.0)
    )


def built(count=2, **arguments):
    loss = SelectedNeurons(
        teacher_tap="t", student_tap="s", count=count, **arguments
    )
    loss.setup(
        {"t": keras.KerasTensor((None, 5))}, {"s": keras.KerasTensor((None, 3))}
    )
    return loss


def test_only_selected_neurons_are_regressed():
    loss = built()
    loss.adapt({"t": FEATURES}, LABELS)
    np.testing.assert_array_equal(loss.selected, [1, 0, 0, 1, 0])
    loss.regressor.kernel.assign(np.zeros((3, 5)))
    # Half of 1 + 4^2, and of nothing.
    found = loss({"t": FEATURES[[2, 0]]}, {"s": np.ones((2, 3), "float32")})
    np.testing.assert_allclose(found, [8.5, 0.0])


def test_gradient_agrees_with_finite_differences():
    loss = built(dtype="float64")
    loss.adapt({"t": FEATURES}, LABELS)
    teacher = {"t": RANDOM.normal(size=(2, 5))}
    assert_gradient(
        lambda s: loss(teacher, {"s": s}), RANDOM.normal(size=(2, 3))
    )


def test_half_of_the_neurons_by_default():
    assert built(None).count == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "one class index an example, received None"),
        ([0, 1], "received 2 labels for 4 examples"),
        ([1, 1, -1, -1], r"those of \[1\]"),
    ],
)
def test_needs_labels_of_two_classes(labels, message):
    with pytest.raises(InputError, match=message):
        built().adapt({"t": FEATURES}, labels)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 6}, "whole number of 1 to 5"),
        ({"count": 0}, "whole number of 1 to 5"),
        ({"redundancy": -1.0}, "redundancy must be finite"),
    ],
)
def test_rejects_numbers(wrong, message):
    with pytest.raises(InputError, match=message):
        built(**wrong)


def test_rejects_maps():
    with pytest.raises(InputError, match="selected from vectors"):
        SelectedNeurons(teacher_tap="t", student_tap="s").setup(
            {"t": keras.KerasTensor((None, 2, 2, 5))},
            {"s": keras.KerasTensor((None, 3))},
        )
