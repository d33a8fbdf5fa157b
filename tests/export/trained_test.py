import json

import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export.trained import TrainedModel


def test_the_selected_is_loaded_and_the_others_are_named(tmp_path):
    (tmp_path / "Format-Keras").mkdir()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.set_weights([np.zeros((1, 1)), np.ones(1)])
    model.save(tmp_path / "Format-Keras/model.keras")
    training = {
        "model": {"name": "cnn"},
        "model_hash": "abc",
        "selected_seed": 1,
        "runs": [{"seed": 0}, {"seed": 1}],
    }
    (tmp_path / "training.json").write_text(json.dumps(training))
    trained = TrainedModel(tmp_path)
    assert trained.hash == "abc"
    assert trained.load().get_weights()[1] == [1]
    assert trained.other_seeds() == [0]
    assert trained.uri == str(tmp_path)


def test_a_directory_without_training_is_refused(tmp_path):
    with pytest.raises(InputError, match="readable training.json"):
        TrainedModel(tmp_path)
