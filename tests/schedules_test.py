import keras
import numpy as np
import pytest

from tfkd import schedules
from tfkd.errors import InputError

EXAMPLES = {
    # schedule: values at steps 0, 5, 10, 20
    "constant": (schedules.Constant(2.0), [2, 2, 2, 2]),
    "linear": (schedules.Linear(1.0, 3.0, 10), [1, 2, 3, 3]),
    "cosine": (schedules.Cosine(4.0, 0.0, 10), [4, 2, 0, 0]),
    # 2 exp(-5 * 1), 2 exp(-5 * 0.25)
    "sigmoid": (
        schedules.SigmoidRampUp(2.0, 10),
        [2 * np.exp(-5), 2 * np.exp(-1.25), 2, 2],
    ),
    "piecewise": (schedules.Piecewise([5, 10], [1, 2, 3]), [1, 2, 3, 3]),
    "after": (
        schedules.After(5, schedules.Linear(0.0, 1.0, 10)),
        [0, 0, 0.5, 1],
    ),
    # On in steps 3 to 5, 9 to 11, 15 to 17, ...: the last 3 of every 6.
    "intermittent": (
        schedules.Intermittent(schedules.Linear(0.0, 2.0, 20), 6, 3),
        [0, 0.5, 1, 0],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_and_round_trip(name):
    schedule, values = EXAMPLES[name]
    config = keras.saving.serialize_keras_object(schedule)
    for copy in (schedule, keras.saving.deserialize_keras_object(config)):
        found = [float(copy(step)) for step in (0, 5, 10, 20)]
        np.testing.assert_allclose(found, values, rtol=1e-5, atol=1e-6)


def test_a_number_is_a_constant():
    assert float(schedules.get(3)(7)) == 3.0


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "x", None])
def test_what_is_no_weight_is_our_error(value):
    with pytest.raises(InputError, match="weight must be a finite number"):
        schedules.get(value, "weight", minimum=0.0)


def test_an_excluded_minimum_is_our_error():
    with pytest.raises(InputError, match="temperature.*> 0"):
        schedules.get(0, "temperature", minimum=0.0, exclusive=True)


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.Constant(0.0),
        schedules.Linear(4.0, 0.0, 10),
        schedules.Cosine(0.0, 4.0, 10),
        schedules.Piecewise([5], [1.0, -1.0]),
    ],
)
def test_a_schedule_must_stay_above_the_minimum(schedule):
    with pytest.raises(InputError, match="at every step"):
        schedules.get(schedule, "temperature", minimum=0.0, exclusive=True)


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.Linear(4.0, 1.0, 10),
        # It ends before it comes to 0.
        schedules.Until(5, schedules.Linear(4.0, 0.0, 10), rest=1.0),
    ],
)
def test_a_schedule_that_stays_above_it_is_taken(schedule):
    found = schedules.get(schedule, "T", minimum=0.0, exclusive=True)
    assert found is schedule


def test_boundaries_must_fit_values():
    with pytest.raises(InputError, match="one value more"):
        schedules.Piecewise([5], [1.0])


def test_steps_must_be_positive():
    with pytest.raises(InputError, match="at least 1"):
        schedules.Linear(0, 1, 0)
    with pytest.raises(InputError, match="at least 1"):
        schedules.after(0, 1.0)


def test_a_period_holds_what_is_on():
    with pytest.raises(InputError, match="at most all steps"):
        schedules.Intermittent(1.0, 4, 5)


def test_a_number_ramps_up_and_a_schedule_is_kept():
    ramp = schedules.ramp_up(10, 2.0, "weight")
    found = [float(ramp(step)) for step in (0, 10)]
    np.testing.assert_allclose(found, [2 * np.exp(-5), 2], rtol=1e-5)
    constant = schedules.Constant(3.0)
    assert schedules.ramp_up(10, constant) is constant
    with pytest.raises(InputError, match="weight must be"):
        schedules.ramp_up(10, -1.0, "weight")
