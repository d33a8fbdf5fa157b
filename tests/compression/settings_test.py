import pytest

from tfkd.compression import settings
from tfkd.errors import InputError


def test_what_is_left_out_has_its_default():
    assert settings.complete() == settings.DEFAULTS
    assert settings.complete({"epochs": 3}) == {
        **settings.DEFAULTS,
        "epochs": 3,
    }
    assert settings.complete({"learning_rate": 1})["learning_rate"] == 1.0


def test_an_unknown_setting_names_the_closest():
    with pytest.raises(InputError, match="'epoch'. Closest: 'epochs'"):
        settings.complete({"epoch": 3})


@pytest.mark.parametrize(
    ("key", "value", "bound"),
    [
        ("epochs", 0, "a whole number of at least 1"),
        ("epochs", 2.0, "a whole number"),
        ("clusters", 2, "at least 3"),
        ("sparsity", 1.0, "above 0 and below 1"),
        ("sparsity", 0, "above 0 and below 1"),
        ("learning_rate", float("nan"), "finite number above 0"),
        ("temperature", float("inf"), "finite number above 0"),
        ("weight", -1, "from 0"),
        ("task_weight", True, "from 0"),
    ],
)
def test_values_out_of_bounds_are_refused(key, value, bound):
    with pytest.raises(InputError, match=bound):
        settings.complete({key: value})


def test_something_must_teach():
    with pytest.raises(InputError, match="a weight above 0"):
        settings.complete({"weight": 0, "task_weight": 0})
