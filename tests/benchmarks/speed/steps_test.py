"""What the speed benchmark compares computes the same, and is timed alike."""

import numpy as np
import pytest

from benchmarks.speed import steps

FILTERS = {"filters": (2, 3, 4)}
PAIR = steps.Pair(
    (8, 8, 1), steps.zoo("cnn", **FILTERS), steps.zoo("resnet", **FILTERS)
)


# By Keras' second forward pass: its extractor names its inputs otherwise.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_ours_and_keras_have_the_same_loss():
    images, labels = steps.batch(PAIR.shape, 4)
    taps = steps.TAPS["logits + 3 taps"]
    found = {}
    for name in ("live", "cached", "keras"):
        build = steps.CANDIDATES[name]
        model, x = build(PAIR, taps, images)
        model.run_eagerly = True
        logs = model.train_on_batch(x, labels, return_dict=True)
        found[name] = logs["loss"]
    assert found["live"] == pytest.approx(found["keras"], rel=1e-5)
    assert found["cached"] == pytest.approx(found["keras"], rel=1e-5)


def test_all_start_from_the_same_student():
    first, second = steps.student(PAIR), steps.student(PAIR)
    for a, b in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_the_first_step_of_a_fit_is_not_timed():
    images, labels = steps.batch(PAIR.shape, 4)
    model, x = steps.plain(PAIR, (), images)
    batches, readings = steps.repeated(x, labels), iter([10.0, 12.0, 16.0])

    def clock():
        return np.array([next(readings)] * 2)

    # From the end of the first step to that of the third: (16 - 10) / 2.
    assert list(steps.fitting(model, batches, 2, clock)()) == [3.0, 3.0]
    assert int(model.optimizer.iterations) == 3
