import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import DropoutTeacher
from tfkd.teachers import FrozenTeacher

X, _ = batch()


def dropping(rate=0.5):
    inputs = x = keras.Input((5,))
    x = keras.layers.Dense(50, "relu", name="stage1")(x)
    x = keras.layers.BatchNormalization(name="bn")(x)
    x = keras.layers.Dropout(rate, name="drop")(x)
    outputs = keras.layers.Dense(4, name="logits")(x)
    return keras.Model(inputs, outputs)


def read(teacher, *taps):
    teacher.connect(taps, dense())
    return {name: np.array(v) for name, v in teacher(X).items()}


def test_units_are_dropped_and_the_others_scaled():
    model = dropping()
    before = keras.Model(model.input, model.get_layer("bn").output)
    units = np.array(before(X))
    found = read(DropoutTeacher(model), "drop")["drop"]
    on = units != 0
    ratio = found[on] / units[on]
    # Rate 1/2: every unit is 0 or 2 times what it was.
    assert set(np.round(ratio, 4)) == {0.0, 2.0}
    # Of n units, a half; 4 deviations of sqrt(n) / 2 are allowed.
    assert abs((ratio > 0).sum() - ratio.size / 2) < 2 * np.sqrt(ratio.size)


def test_everything_else_is_in_inference_mode():
    model = dropping()
    before = [np.array(v) for v in model.variables]
    found = read(DropoutTeacher(model, rate=0.0), "logits")["logits"]
    np.testing.assert_allclose(found, model(X, training=False), rtol=1e-5)
    for old, new in zip(before, model.variables):
        np.testing.assert_array_equal(old, new)


def test_a_model_without_dropout_can_be_given_some():
    teacher = DropoutTeacher(dense((50,)), rate=0.4, taps=("stage1",))
    found = read(teacher, "stage1")["stage1"]
    units = np.array(read(FrozenTeacher(teacher.model), "stage1")["stage1"])
    ratio = found[units > 0] / units[units > 0]
    # Those that stay are 1 / (1 - 0.4) times what they were.
    assert set(np.round(0.6 * ratio, 4)) == {0.0, 1.0}


def test_spatial_dropout_drops_whole_channels():
    inputs = keras.Input((4, 4, 30))
    dropped = keras.layers.SpatialDropout2D(0.5, name="drop")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(dropped)
    model = keras.Model(inputs, keras.layers.Dense(4)(pooled))
    teacher = DropoutTeacher(model)
    teacher.connect(("drop",), dense())
    found = np.array(teacher(np.ones((2, 4, 4, 30), "float32"))["drop"])
    np.testing.assert_array_equal(found.min((1, 2)), found.max((1, 2)))
    assert set(np.unique(found)) == {0.0, 2.0}


def test_what_does_not_fit_is_our_error():
    with pytest.raises(InputError, match="has none"):
        read(DropoutTeacher(dense()), "logits")
    with pytest.raises(InputError, match=r"rate must be in \[0, 1\)"):
        DropoutTeacher(dropping(), rate=1.0)
    with pytest.raises(InputError, match="no rate"):
        DropoutTeacher(dense(), taps=("stage1",))
    with pytest.raises(InputError, match="Closest: 'stage1'"):
        DropoutTeacher(dense(), rate=0.1, taps=("stage",))
    with pytest.raises(InputError, match="answers always alike"):
        DropoutTeacher(DropoutTeacher(dropping()))


def test_two_distillers_may_have_one_teacher():
    inputs = keras.Input((5,))
    x = keras.layers.Dense(6, name="stage1")(inputs)
    x = keras.layers.Dropout(0.5)(x)
    outputs = keras.layers.Dense(4, name="logits")(x)
    teacher = DropoutTeacher(keras.Model(inputs, outputs))
    teacher.connect(("logits",), None)
    assert set(teacher.connect(("stage1",), None)) == {"stage1"}
    found = teacher(np.ones((2, 5), "float32"))
    assert set(found) == {"logits", "stage1"}
