import keras
import numpy as np
import pytest

import tfkd
from tests.conformance import harness
from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import taps
from tfkd.errors import InputError


class Declared(keras.Model):
    """A subclassed model with the tap protocol."""

    tap_shapes = {
        "logits": (None, 4),
        "hidden": (None, 6),
        "outputs": (None, 4),
    }

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(6, "relu")
        self.head = keras.layers.Dense(4)
        self.build((None, 5))

    def build(self, shape):
        self.hidden.build(shape)
        self.head.build((None, 6))
        self.built = True

    def call_with_taps(self, inputs, training=False):
        hidden = self.hidden(inputs)
        logits = self.head(hidden)
        return {"hidden": hidden, "logits": logits, "outputs": logits}

    def call(self, inputs, training=False):
        return self.call_with_taps(inputs, training)["outputs"]


def test_all_taps_come_from_one_pass():
    model = dense((6, 6))
    extractor = taps.Extractor(model, ["stage1", "stage2", "logits", "stage1"])
    assert extractor.taps == ("stage1", "stage2", "logits")
    with harness.counted_calls(model) as calls:
        found = extractor(batch()[0])
    assert set(found) == set(extractor.taps)
    assert len(calls) == 1


def test_a_subclassed_model_trains_by_the_protocol():
    keras.utils.set_random_seed(0)
    model = tfkd.Distiller(
        student=Declared(),
        teacher=dense((9,)),
        distillation_losses=tfkd.losses.SoftTargets(),
    )
    model.compile("adam", loss=SPARSE)
    before = model.student.get_weights()
    logs = model.fit(*batch(), verbose=0).history
    assert np.isfinite(logs["loss"][0])
    assert not np.array_equal(before[0], model.student.get_weights()[0])


def test_declared_taps_are_checked():
    with pytest.raises(InputError, match="hiden"):
        taps.Extractor(Declared(), ["hiden"])
