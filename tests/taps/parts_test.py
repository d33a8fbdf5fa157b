import numpy as np
import pytest

from tests.conformance import cases
from tfkd import taps
from tfkd.errors import InputError


def test_parts_in_a_row_are_the_model():
    model = cases.teacher()
    x, _ = cases.images(3)
    y = x
    for part in taps.cut(model, ["stage1", "stage2"]):
        y = part(y)
    np.testing.assert_allclose(y, model(x), rtol=1e-5, atol=1e-6)


def test_parts_share_the_weights():
    model = cases.teacher()
    first, last = taps.cut(model, ["stage2"])
    ids = {id(w) for part in (first, last) for w in part.weights}
    assert ids == {id(w) for w in model.weights}


def test_taps_out_of_order_are_our_error():
    with pytest.raises(InputError, match="in their order"):
        taps.cut(cases.teacher(), ["stage2", "stage1"])
    with pytest.raises(InputError, match="no_such"):
        taps.cut(cases.teacher(), ["no_such"])


def test_until_ends_at_the_tap_and_has_no_later_layers():
    model = cases.teacher()
    part = taps.until(model, "stage2")
    x, _ = cases.images(3)
    found = taps.Extractor(model, ["stage2"])(x, training=False)["stage2"]
    np.testing.assert_allclose(part(x), found, rtol=1e-5, atol=1e-6)
    names = [weight.path for weight in part.weights]
    assert not any("stage3" in name or "logits" in name for name in names)
    with pytest.raises(InputError, match="no_such"):
        taps.until(model, "no_such")
