import keras
import numpy as np
import pytest
from keras import ops

from tests.conformance import cases
from tfkd import transforms
from tfkd.errors import InputError
from tfkd.losses import lost_information
from tfkd.teachers import FrozenTeacher

# Independent elements: what one says about another is nothing.
MAPS = np.random.default_rng(0).normal(size=(400, 2, 2, 4)).astype("float32")


def passing(shape=MAPS.shape[1:]):
    """A model whose tap is its input."""
    inputs = keras.Input(shape)
    stage = keras.layers.Activation("linear", name="stage1")(inputs)
    return keras.Model(inputs, keras.layers.Flatten(name="logits")(stage))


def lost(transform, data=MAPS, **arguments):
    return lost_information(
        passing(), "stage1", transform, data, variance=1.0, **arguments
    )


def test_the_identity_loses_nothing():
    for value in lost(transforms.Identity()).values():
        assert value == pytest.approx(0.0, abs=1e-9)


def test_an_invertible_map_loses_nothing():
    matrix = np.random.default_rng(1).normal(size=(4, 4)).astype("float32")
    found = lost(lambda x: ops.matmul(x, matrix))
    assert found["total"] == pytest.approx(0.0, abs=1e-6)


def test_a_constant_loses_everything():
    for value in lost(lambda x: 0.0 * x).values():
        assert value == pytest.approx(1.0, abs=0.05)


def test_the_mean_of_channels_loses_all_but_their_mean():
    found = lost(lambda x: ops.mean(x, axis=-1))
    assert found["positions"] == pytest.approx(0.0, abs=1e-9)
    # Of four independent channels a quarter of the variance is the mean's.
    assert found["total"] == pytest.approx(0.75, abs=0.06)
    assert found["channels"] == pytest.approx(0.75, abs=0.08)


def test_the_mean_of_positions_loses_all_but_their_mean():
    found = lost(lambda x: ops.mean(x, axis=(1, 2)))
    assert found["channels"] == pytest.approx(0.0, abs=1e-9)
    assert found["total"] == pytest.approx(0.75, abs=0.06)


def test_half_of_the_channels_are_half_of_the_knowledge():
    found = lost(lambda x: x[..., :2])
    assert found["total"] == pytest.approx(0.5, abs=0.06)


def test_what_is_hidden_by_a_curve_is_not_lost():
    x = np.random.default_rng(0).uniform(-1, 1, (400, 1, 1, 1))
    found = lost_information(
        passing((1, 1, 1)),
        "stage1",
        lambda x: x**5,
        x.astype("float32"),
        variance=1.0,
    )
    # The best line explains 3 * 11 / 7^2 = 67 % of x from x^5.
    assert found["total"] < 0.5 * (1 - 33 / 49)


def test_the_sign_keeps_some():
    # A Gaussian's sign explains 2 / pi of its variance.
    found = lost(lambda x: ops.sign(x))
    assert found["total"] == pytest.approx(1 - 2 / np.pi, abs=0.06)


def test_the_identity_of_a_wide_tap_loses_nothing_with_few_examples():
    x = cases.images(40)[0]
    # 256 features, 20 examples a half.
    found = lost_information(
        cases.teacher(), "stage1", transforms.Identity(), x
    )
    assert found["total"] < 1e-6


def test_a_transform_may_be_another_tap():
    model = cases.teacher()
    x = cases.images(60)[0]
    same = lost_information(model, "logits", "logits", x)
    assert same["total"] == pytest.approx(0.0, abs=1e-6)
    assert set(same) == {"total"}
    found = lost_information(FrozenTeacher(model), "stage1", "logits", x)
    assert 0.0 < found["total"] <= 1.0


def test_several_taps_are_recovered_together():
    model = cases.teacher()
    x = cases.images(60)[0]
    found = lost_information(
        model, ("stage1", "stage2"), transforms.FSPMatrix(), x
    )
    assert set(found) == {"total"}
    assert 0.0 < found["total"] < 1.0


def test_transforms_of_a_batch_see_all_examples():
    # Inner products with all examples tell every example, up to a rotation.
    found = lost(lambda x: transforms.AffinityMatrix()(x))
    assert found["total"] < 0.1


def test_one_seed_gives_one_number():
    def mean(x):
        return ops.mean(x, axis=-1)

    first, again, other = (lost(mean, MAPS[:60], seed=n) for n in (3, 3, 4))
    assert first == again != other


def test_a_tap_that_never_changes_has_nothing_to_lose():
    found = lost_information(
        passing(), "stage1", transforms.Identity(), 0 * MAPS[:30]
    )
    assert set(found.values()) == {0.0}


def test_rejects_arguments():
    with pytest.raises(InputError, match="no_such"):
        lost_information(passing(), "no_such", transforms.Identity(), MAPS)
    with pytest.raises(InputError, match="at least 20 examples"):
        lost_information(passing(), "stage1", lambda x: x, MAPS[:10])
    with pytest.raises(InputError, match="one result"):
        lost(lambda x: x[:5])
    with pytest.raises(InputError, match="variance must be in"):
        lost_information(passing(), "stage1", lambda x: x, MAPS, variance=0)
