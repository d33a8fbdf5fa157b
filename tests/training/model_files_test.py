import importlib
import re
import tempfile
import zipfile

import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training import trainer

SHARED = r'"shared_object_id": (\d+)'


def build(name="cnn", seed=0):
    with trainer.seeded(seed):
        return models.build(name, input_shape=(8, 8, 1), num_classes=4)


@pytest.mark.parametrize("name", models.names())
def test_hash_survives_saving(tmp_path, name):
    model = build(name)
    path = str(tmp_path / "model.keras")
    model_files.save(model, path)
    loaded = model_files.load_file(path)
    assert model_files.model_hash(loaded) == model_files.model_hash(model)


def test_hash_follows_weights_and_architecture():
    model = build()
    before = model_files.model_hash(model)
    assert before == model_files.model_hash(build())
    weights = model.get_weights()
    weights[0] = weights[0] + 1e-6
    model.set_weights(weights)
    assert model_files.model_hash(model) != before
    with trainer.seeded(0):
        inputs = keras.Input((3,))
        relu = keras.Model(inputs, keras.layers.ReLU()(inputs))
    with trainer.seeded(0):
        inputs = keras.Input((3,))
        capped = keras.Model(inputs, keras.layers.ReLU(6)(inputs))
    assert model_files.model_hash(relu) != model_files.model_hash(capped)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "a/model.keras", tmp_path / "b/model.keras"
    model_files.save(build(), str(first))
    model_files.save(build(), str(second))
    assert first.read_bytes() == second.read_bytes()
    assert b"date_saved" not in first.read_bytes()


def test_a_saved_model_holds_no_address_of_the_process(tmp_path):
    path = tmp_path / "model.keras"
    model = build()
    model.save(path)
    written = re.findall(SHARED, _config(path))
    model_files.save(model, str(path))
    numbered = re.findall(SHARED, _config(path))
    assert len(written) == len(numbered) > 0
    # The same objects are shared as before.
    order = {id: str(n) for n, id in enumerate(dict.fromkeys(written), 1)}
    assert numbered == [order[id] for id in written]


def _config(path):
    with zipfile.ZipFile(path) as file:
        return file.read("config.json").decode()


def test_a_file_with_a_program_in_it_is_not_loaded(tmp_path):
    inputs = keras.Input((4,))
    double = keras.layers.Lambda(lambda x: x * 2, output_shape=(4,))
    path = str(tmp_path / "model.keras")
    model_files.save(keras.Model(inputs, double(inputs)), path)
    with pytest.raises(InputError, match="cannot be loaded.*unsafe"):
        model_files.load_file(path)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "model.keras"
    model_files.save(build(), str(path))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.keras cannot be loaded"):
        model_files.load_file(str(path))


def test_a_module_that_is_gone_is_named(tmp_path):
    path = str(tmp_path / "model.keras")
    model_files.save(build(), path)
    source = {"build": "no_such_models:teacher"}
    with pytest.raises(InputError, match="built by 'no_such_models:teacher'"):
        model_files.load_file(path, source)


def test_nothing_in_a_file_is_written_outside(tmp_path, monkeypatch):
    scratch = tmp_path / "deep" / "scratch"
    scratch.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    path = tmp_path / "model.keras"
    model_files.save(build(), str(path))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("assets/a", "good")
        file.writestr("assets/../../evil", "bad")
        file.writestr(str(tmp_path / "evil"), "bad")
    with pytest.warns(UserWarning, match="Skipping invalid path"):
        model_files.load_file(str(path))
    assert not list(tmp_path.rglob("evil"))


def test_keras_itself_loads_the_file(tmp_path):
    model, path = build(), str(tmp_path / "model.keras")
    model_files.save(model, path)
    x = np.ones((2, 8, 8, 1), "float32")
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded(x), model(x))


def test_artifact_gives_selected_and_seed_models(tmp_path):
    uri = str(tmp_path)
    model_files.save(build(seed=1), str(tmp_path / model_files.SELECTED))
    model_files.save(build(seed=2), str(tmp_path / "seed-2/model.keras"))
    model_files.write_record(uri, {"model": {"name": "cnn"}})
    hashes = [
        model_files.model_hash(model)
        for model in (model_files.load(uri), model_files.load(uri, seed=2))
    ]
    assert hashes == [
        model_files.model_hash(build(seed=1)),
        model_files.model_hash(build(seed=2)),
    ]


def test_parameters_are_counted():
    inputs = keras.Input((3,))
    x = keras.layers.Dropout(0.5)(inputs)
    # 3 * 2 weights and 2 biases; dropout's generator state is none.
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    assert model_files.parameter_count(model) == 8


def test_a_missing_record_or_model_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"readable training\.json"):
        model_files.load(str(tmp_path))
    model_files.write_record(str(tmp_path), {"model": {}})
    with pytest.raises(InputError, match="cannot be loaded"):
        model_files.load(str(tmp_path))


def test_layers_of_all_zoo_models_are_known(monkeypatch):
    seen = []
    load = importlib.import_module
    monkeypatch.setattr(
        model_files.importlib,
        "import_module",
        lambda name: seen.append(name) or load(name),
    )
    model_files.import_zoo()
    assert {"tfkd.models.bias_correction", "tfkd.models.cosine_head"} <= set(
        seen
    )
