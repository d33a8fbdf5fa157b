import numpy as np
import pytest

from tests.compression.bridge import models
from tfkd.export import LiteRTModel
from tfkd.export import inspect


@pytest.fixture(scope="module")
def path(legacy, tmp_path_factory):
    path = tmp_path_factory.mktemp("lite") / "model.tflite"
    path.write_bytes(bytes.fromhex(legacy["every_layer"]["file"]))
    return path


def test_every_supported_layer_becomes_integer(path):
    contents = inspect(path)
    assert contents.fully_integer
    assert contents.refused_ops == ()
    assert contents.op_counts["LOGISTIC"] == 2


def test_the_file_has_the_signature_of_all_files(path):
    model = LiteRTModel(path)
    assert model.signature == "serve"
    assert (model.input.name, model.input.dtype) == ("image", "uint8")
    # A camera's bytes go straight in, and probabilities are exact.
    assert (model.input.scale, model.input.zero_point) == (1.0, 0)
    assert (model.output.scale, model.output.zero_point) == (1 / 256, 0)


def test_the_file_answers_as_the_float_model(path, legacy):
    logits = np.array(legacy["every_layer"]["expected"])
    powers = np.exp(logits - logits.max(1, keepdims=True))
    expected = powers / powers.sum(1, keepdims=True)
    received = LiteRTModel(path).predict(np.round(models.images(8)))
    assert np.std(expected) > 0.02
    np.testing.assert_allclose(received, expected, atol=0.02)
