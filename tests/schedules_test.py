import keras
import pytest

from tfkd import schedules
from tfkd.errors import InputError


def at(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_until_starts_the_second_schedule_at_its_own_start():
    schedule = schedules.Until(3, 5.0, schedules.Linear(0.0, 2.0, 4))
    # 0.5 a step from step 3 on.
    assert at(schedule, (0, 2, 3, 4, 7, 9)) == [5, 5, 0, 0.5, 2, 2]


def test_before_is_a_value_and_then_nothing():
    assert at(schedules.before(2, 3.0), (0, 1, 2, 9)) == [3, 3, 0, 0]


def test_until_config_round_trip():
    schedule = schedules.Until(3, 1.0, schedules.Cosine(1.0, 0.0, 4))
    config = keras.saving.serialize_keras_object(schedule)
    copy = keras.saving.deserialize_keras_object(config)
    assert at(copy, range(8)) == at(schedule, range(8))


def test_until_needs_a_step():
    with pytest.raises(InputError, match="steps must be at least 1"):
        schedules.Until(0, 1.0)


def test_before_needs_a_weight_that_is_not_negative():
    with pytest.raises(InputError, match="weight must be a finite number"):
        schedules.before(2, -1.0, "weight")
