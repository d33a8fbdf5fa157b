import pytest

from tfkd.data import prediction_settings
from tfkd.errors import InputError


def test_dense_float32_logits_are_the_default():
    assert prediction_settings.complete_format() == {
        "format": "dense",
        "dtype": "float32",
        "taps": ["logits"],
    }


def test_top_k_keeps_the_rest_at_the_usual_temperature():
    found = prediction_settings.complete_format(format="top_k", k=10)
    assert found["k"] == 10
    assert found["temperature"] == 4.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "topk"}, "Closest: 'top_k'"),
        ({"dtype": "float61"}, "Closest: 'float16'"),
        ({"k": 10}, r"predictions\.k is for format='top_k', received 10"),
        ({"temperature": 2.0}, "temperature is for format='top_k'"),
        ({"format": "top_k"}, "at least 1, received None"),
        ({"format": "top_k", "k": 0}, "at least 1, received 0"),
        ({"format": "top_k", "k": True}, "at least 1, received True"),
        (
            {"format": "top_k", "k": 1, "taps": ("embedding",)},
            "must name 'logits'",
        ),
        (
            {"format": "top_k", "k": 1, "temperature": 0.0},
            r"must be a positive number, received 0\.0",
        ),
        ({"taps": ()}, "at least one, received"),
        ({"taps": ("logits", "logits")}, "different names"),
        ({"taps": (1,)}, "different names"),
    ],
)
def test_formats_that_cannot_be_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        prediction_settings.complete_format(**values)


def test_a_policy_that_changes_nothing_is_none():
    assert prediction_settings.complete_policy(None) is None
    policy = {"views": 1, "shift": 0, "horizontal_flip": False, "seed": 7}
    assert prediction_settings.complete_policy(policy) is None
    assert prediction_settings.complete_policy({"shift": 2}) == {
        "views": 1,
        "shift": 2,
        "horizontal_flip": False,
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"views": 2}, "2 views of an example must differ"),
        ({"views": 0, "shift": 1}, "views .* at least 1, received 0"),
        ({"shift": -1}, "shift .* at least 0, received -1"),
        ({"shift": 1.5}, r"received 1\.5"),
        ({"horizontal_flip": 1}, "must be True or False, received 1"),
        ({"flip": True}, "Closest: 'horizontal_flip'"),
    ],
)
def test_policies_that_cannot_be_are_refused(policy, message):
    with pytest.raises(InputError, match=message):
        prediction_settings.complete_policy(policy)
