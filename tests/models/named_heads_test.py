import numpy as np
import pytest

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.models import named_heads


def test_heads_share_the_body_and_have_their_own_classes():
    model = cases.student()
    found = named_heads.build(model, {"a": 3, "b": 5})
    x, _ = cases.images(2)
    outputs = found(x)
    shapes = {name: tuple(value.shape) for name, value in outputs.items()}
    assert shapes == {"a": (2, 3), "b": (2, 5)}
    ids = {id(v) for v in found.weights}
    assert {id(v) for v in model.get_layer("stage1_conv").weights} <= ids
    assert not {id(v) for v in model.get_layer("logits").weights} & ids
    assert found.get_layer("a").compute_dtype == "float32"
    assert np.all(np.isfinite(outputs["a"]))


def test_an_unknown_layer_is_our_error():
    with pytest.raises(InputError, match="embeding"):
        named_heads.build(cases.student(), {"a": 3}, layer="embeding")
