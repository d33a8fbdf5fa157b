import numpy as np
import pytest

from tests.conformance import cases
from tfkd import taps
from tfkd.errors import InputError


def test_each_network_sees_its_own_input():
    student, other = cases.student(), cases.teacher()
    network = taps.with_styles(student, other, ["stage2"])
    x, _ = cases.images(4)
    found = network({"target": x, "source": 2 * x})
    np.testing.assert_allclose(found["logits"], student(x), rtol=1e-4)
    np.testing.assert_allclose(found["source_logits"], other(2 * x), rtol=1e-4)
    assert found["stage2"].shape[0] == 4
    both = len(student.trainable_weights) + len(other.trainable_weights)
    assert len(network.trainable_weights) == both


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="images of one shape"):
        taps.with_styles(cases.student(), cases.cnn((3, 4, 5), shape=(4, 4, 1)))
    with pytest.raises(InputError, match="no_such"):
        taps.with_styles(cases.student(), cases.student(), ["no_such"])
