import numpy as np
import pytest

from tfkd import checks
from tfkd.errors import InputError


def test_numbers_of_all_kinds_pass():
    checks.whole(1, a=1, b=2.0, c=np.int64(3), d=np.float32(4), e=np.array(5))
    checks.positive(a=1, b=0.5, c=np.float32(1e-3))
    checks.not_negative(a=0, b=0.0, c=np.array(2.5))


@pytest.mark.parametrize(
    "value", [0, 1.5, -1, "3", None, (2,), float("nan"), float("inf")]
)
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(InputError) as error:
        checks.whole(1, good=1, steps=value, hint="Count them.")
    assert str(error.value) == (
        f"steps must be a whole number >= 1, received {value!r}. Count them."
    )


@pytest.mark.parametrize(
    "value", [-1, "3", None, [], float("nan"), float("inf")]
)
def test_what_is_no_finite_number_is_named(value):
    with pytest.raises(InputError) as error:
        checks.not_negative(**{"scale of a view": value})
    assert str(error.value) == (
        f"scale of a view must be a finite number >= 0, received {value!r}."
    )
    with pytest.raises(InputError, match="rate must be a finite number > 0"):
        checks.positive(good=1.0, rate=value)


def test_zero_is_not_positive():
    with pytest.raises(InputError, match="received 0"):
        checks.positive(rate=0)
