import keras
import pytest

from tests.compression.bridge import models
from tfkd.compression import worker
from tfkd.errors import InputError


def test_a_model_that_keras_has_quantized_is_refused():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="dense")]
    )
    worker.refuse_quantized(model)
    model.get_layer("dense").quantize("int8")
    with pytest.raises(InputError, match="'dense' was quantized to int8"):
        worker.refuse_quantized(model)


def test_a_float_model_is_taken():
    worker.refuse_quantized(models.every_layer())
