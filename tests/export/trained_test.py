import json

import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.export.trained import TrainedModel


def test_seeds_but_the_selected_are_loaded(tmp_path):
    for folder, bias in (("Format-Keras", 1), ("seed-0", 2), ("seed-1", 1)):
        (tmp_path / folder).mkdir()
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.set_weights([np.zeros((1, 1)), np.full(1, bias)])
        model.save(tmp_path / folder / "model.keras")
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
    ((seed, other),) = trained.other_seeds()
    assert seed == 0
    assert other.get_weights()[1] == [2]


def test_a_directory_without_training_is_refused(tmp_path):
    with pytest.raises(InputError, match="readable training.json"):
        TrainedModel(tmp_path)
