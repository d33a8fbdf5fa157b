import pytest

from tfkd.errors import InputError
from tfkd.training import settings


def test_defaults_are_filled_in():
    assert settings.complete({"epochs": 5}) == {
        "epochs": 5,
        "batch_size": 64,
        "learning_rate": 3e-3,
        "optimizer": "adamw",
        "weight_decay": 1e-4,
        "schedule": "cosine",
        "precision": "float32",
    }


def test_epochs_may_be_left_out_where_weights_are_given():
    assert settings.complete({}, epochs=0)["epochs"] == 0


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({}, "must hold 'epochs'"),
        ({"epochs": 0}, "whole number of at least 1, received 0"),
        ({"epochs": 2.5}, "whole number of at least 1, received 2.5"),
        ({"epochs": True}, "whole number of at least 1, received True"),
        ({"epochs": 1, "batch_size": 0}, r"\['batch_size'\] must be a whole"),
        (
            {"epochs": 1, "learning_rate": 0},
            "a finite number above 0, received 0",
        ),
        (
            {"epochs": 1, "learning_rate": float("nan")},
            "a finite number above 0, received nan",
        ),
        (
            {"epochs": 1, "learning_rate": float("inf")},
            "a finite number above 0, received inf",
        ),
        ({"epochs": 1, "weight_decay": -1}, "of at least 0, received -1"),
        ({"epochs": 1, "lerning_rate": 1}, "Closest: 'learning_rate'"),
        ({"epochs": 1, "optimizer": "adamm"}, "optimizer named 'adamm'"),
        ({"epochs": 1, "schedule": "cos"}, "Closest: 'cosine'"),
        ({"epochs": 1, "precision": "float16"}, "'mixed_float16'"),
    ],
)
def test_refuses_wrong_settings(train, message):
    with pytest.raises(InputError, match=message):
        settings.complete(train)


def test_subset_bounds_become_floats():
    assert settings.subset_bounds([0, 0.5]) == (0.0, 0.5)


@pytest.mark.parametrize(
    "subset", [(0.5, 0.5), (0.6, 0.4), (-0.1, 1), (0, 1.1), (0,), ("a", "b")]
)
def test_refuses_a_subset_that_is_no_interval(subset):
    with pytest.raises(InputError, match="two fractions"):
        settings.subset_bounds(subset)
