import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.training import model_files
from tfkd.training import model_source
from tfkd.training import predictor

DATA = {"input_shape": (4, 4, 1), "num_classes": 3, "value_range": (0, 16)}
MODULE = """
import keras

def build(*, input_shape, num_classes, width=4):
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(width, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(num_classes)(x))

def nothing(*, input_shape, num_classes):
    return None

def wide(*, input_shape, num_classes):
    return build(input_shape=input_shape, num_classes=num_classes + 1)

def fails(*, input_shape, num_classes):
    raise KeyError("gone")

@keras.saving.register_keras_serializable("own")
class Registered(keras.layers.Layer):
    def call(self, inputs):
        return 2.0 * inputs

class Unknown(Registered):
    pass

def _with(layer, input_shape, num_classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(layer(inputs))
    return keras.Model(inputs, keras.layers.Dense(num_classes)(x))

def registered(**shapes):
    return _with(Registered(), **shapes)

def not_registered(**shapes):
    return _with(Unknown(), **shapes)

def with_lambda(**shapes):
    return _with(keras.layers.Lambda(lambda x: 2.0 * x), **shapes)
"""


def network(shape=(4, 4, 1), classes=3, last=None):
    inputs = keras.Input(shape)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(classes, activation=last)(x))


def images(count=5):
    rng = np.random.default_rng(1)
    return rng.uniform(0, 16, (count, 4, 4, 1)).astype("float32")


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_own_models.py").write_text(MODULE)
    yield "my_own_models"
    sys.modules.pop("my_own_models", None)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({}, "exactly one of name, path, build, application"),
        ({"name": "cnn", "path": "x"}, "exactly one"),
        ({"name": "cnnn"}, "Closest: 'cnn'"),
        ({"name": "cnn", "argumnets": {}}, "Closest: 'arguments'"),
        ({"name": 3}, "must be a string, received 3"),
        ({"name": "cnn", "arguments": [1]}, "must be a dict"),
        ({"path": "nowhere.keras"}, "nothing at 'nowhere.keras'"),
        ({"build": "no_colon"}, "'package.module:function'"),
        ({"build": "not_there.at_all:build"}, "no 'not_there.at_all' in"),
        (
            {"application": "ResNet50", "arguments": {"weights": "imagenet"}},
            "nothing is downloaded",
        ),
    ],
)
def test_check_refuses_what_cannot_be_built(model, message):
    with pytest.raises(InputError, match=message):
        model_source.check(model)


def test_check_refuses_a_file_of_another_kind(tmp_path):
    path = tmp_path / "model.h5"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match="saved_model.pb, received"):
        model_source.check({"path": str(path)})


def test_check_and_digest_import_no_tensorflow():
    code = (
        "import sys; from tfkd.training import model_source as m; "
        "m.check({'name': 'cnn'}); m.digest({'name': 'cnn'}); "
        "sys.exit(bool({'tensorflow', 'keras', 'apache_beam'} & "
        "set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_zoo_model_rescales_the_value_range_to_one():
    model = model_source.build({"name": "mlp"}, **DATA)
    scaled = model_source.build(
        {"name": "mlp", "scale": 1 / 16, "offset": 0.0}, **DATA
    )
    scaled.set_weights(model.get_weights())
    np.testing.assert_array_equal(scaled(images()), model(images()))
    plain = model_source.build({"name": "mlp", "scale": 1.0}, **DATA)
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(
        plain(images() / 16), model(images()), rtol=1e-5, atol=1e-6
    )


def test_zoo_model_reports_wrong_arguments():
    with pytest.raises(InputError, match="'mlp' could not be built"):
        model_source.build({"name": "mlp", "arguments": {"depht": 1}}, **DATA)


def test_users_function_is_called_with_arguments(user_module):
    source = {"build": f"{user_module}:build", "arguments": {"width": 7}}
    model = model_source.build(source, **DATA)
    assert model.layers[2].units == 7


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("absent", "has no function 'absent'"),
        ("nothing", "must return a keras.Model .*NoneType"),
        ("wide", r"shape \(batch, 3\).*\(None, 4\)"),
        ("fails", "could not be built .*KeyError: 'gone'"),
    ],
)
def test_users_function_is_checked(user_module, function, message):
    with pytest.raises(InputError, match=message):
        model_source.build({"build": f"{user_module}:{function}"}, **DATA)


@pytest.mark.parametrize(
    ("function", "reason"),
    [("not_registered", "locate class 'Unknown'"), ("with_lambda", "lambda")],
)
def test_what_cannot_be_loaded_is_told_before_it_is_trained(
    user_module, function, reason
):
    message = f"saved and loaded again.*{reason}.*Decorate"
    with pytest.raises(InputError, match=message):
        model_source.build({"build": f"{user_module}:{function}"}, **DATA)


def test_users_layers_leave_the_next_weights_as_they_are(user_module):
    random.seed(1)
    model_source.build({"build": f"{user_module}:registered"}, **DATA)
    after = random.random()
    random.seed(1)
    module = model_source.import_module(user_module)
    module.registered(input_shape=(4, 4, 1), num_classes=3)
    assert after == random.random()


def test_digest_follows_the_users_source(user_module, tmp_path):
    source = {"build": f"{user_module}:build"}
    before = model_source.digest(source)
    assert before == model_source.digest(source)
    (tmp_path / "my_own_models.py").write_text(MODULE + "\n# changed\n")
    assert model_source.digest(source) != before


def test_keras_file_gives_the_same_model(tmp_path):
    saved = network()
    path = str(tmp_path / "teacher.keras")
    saved.save(path)
    loaded = model_source.build({"path": path}, **DATA)
    np.testing.assert_array_equal(loaded(images()), saved(images()))


def test_a_file_of_a_zoo_model_with_layers_of_its_own_is_read(tmp_path):
    path = str(tmp_path / "teacher.keras")
    arguments = {"width": 8, "patch": 2, "depth": 1}
    source = {"name": "vit_tiny", "arguments": arguments}
    model_source.build(source, **DATA).save(path)
    code = (
        "from tfkd.training import model_source; "
        f"model_source.build({{'path': {path!r}}}, **{DATA!r})"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("last", [None, "softmax"])
def test_a_sequential_file_gives_logits(tmp_path, last):
    layers = keras.layers
    saved = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)]
    )
    path = str(tmp_path / "teacher.keras")
    whole = keras.Sequential([*saved.layers, layers.Activation(last)])
    whole.build((None, 4, 4, 1))
    whole.save(path)
    loaded = model_source.build({"path": path}, **DATA)
    np.testing.assert_allclose(loaded(images()), saved(images()), rtol=1e-6)
    assert model_files.model_hash(loaded)


def test_a_damaged_file_is_the_users_to_mend(tmp_path):
    path = tmp_path / "teacher.keras"
    path.write_bytes(b"not a zip file")
    with pytest.raises(InputError, match="load_model reads with"):
        model_source.build({"path": str(path)}, **DATA)


def test_a_lambda_layer_is_refused(tmp_path):
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Lambda(lambda x: x * 2, output_shape=(4, 4, 1))(inputs)
    x = keras.layers.Flatten()(x)
    path = str(tmp_path / "teacher.keras")
    keras.Model(inputs, keras.layers.Dense(3)(x)).save(path)
    with pytest.raises(InputError, match="what a Lambda layer does as an own"):
        model_source.build({"path": path}, **DATA)


@pytest.mark.parametrize(
    ("made_for", "message"),
    [
        ({"shape": (5, 5, 1)}, r"\(batch, 4, 4, 1\)"),
        ({"classes": 7}, r"\(batch, 3\).*\(None, 7\)"),
    ],
)
def test_refuses_a_model_for_other_data(tmp_path, made_for, message):
    path = str(tmp_path / "teacher.keras")
    network(**made_for).save(path)
    with pytest.raises(InputError, match=message):
        model_source.build({"path": path}, **DATA)


@pytest.mark.parametrize("how", ["dense", "activation", "softmax", "nested"])
@pytest.mark.parametrize("as_list", [False, True])
def test_softmax_at_the_end_is_taken_off(tmp_path, how, as_list):
    logits = network()
    if how == "dense":
        saved = network(last="softmax")
        saved.set_weights(logits.get_weights())
    elif how == "nested":
        inputs = keras.Input((4, 4, 1))
        inner = network(last="softmax")
        inner.set_weights(logits.get_weights())
        saved = keras.Model(inputs, inner(inputs))
    else:
        layer = {
            "activation": keras.layers.Activation("softmax"),
            "softmax": keras.layers.Softmax(),
        }[how]
        saved = keras.Model(logits.input, layer(logits.output))
    if as_list:
        saved = keras.Model([saved.input], [saved.output])
    path = str(tmp_path / "teacher.keras")
    saved.save(path)
    loaded = model_source.build({"path": path}, **DATA)
    # Near 0, where log softmax and logits differ by a constant a row only.
    small = images() / 160
    expected = np.asarray(logits(small))
    found = np.asarray(loaded(small))
    np.testing.assert_allclose(
        found - found.mean(-1, keepdims=True),
        expected - expected.mean(-1, keepdims=True),
        atol=1e-5,
    )


@pytest.mark.parametrize("how", ["dense", "activation", "ops", "nested"])
def test_a_row_of_sigmoids_at_the_end_is_taken_off(tmp_path, how):
    logits = network()
    if how in ("dense", "nested"):
        saved = network(last="sigmoid")
        saved.set_weights(logits.get_weights())
    else:
        sigmoid = {
            "activation": keras.layers.Activation("sigmoid"),
            "ops": keras.ops.sigmoid,
        }[how]
        saved = keras.Model(logits.input, sigmoid(logits.output))
    if how == "nested":
        inputs = keras.Input((4, 4, 1))
        saved = keras.Model(inputs, saved(inputs))
    path = str(tmp_path / "teacher.keras")
    saved.save(path)
    loaded = model_source.build({"path": path}, **DATA)
    np.testing.assert_allclose(loaded(images()), logits(images()), rtol=1e-5)
    # So what is stored of a teacher is what it answers in training.
    shape, taps = (4, 4, 1), ("logits", "outputs")
    stored = predictor.TapPredictor(loaded, shape)(images())["logits"]
    live = predictor.TapPredictor(loaded, shape, taps)(images())["logits"]
    np.testing.assert_allclose(stored, live, rtol=1e-6)


def test_a_softmax_that_is_not_the_end_stays(tmp_path):
    whole = network(last="softmax")
    path = str(tmp_path / "teacher.keras")
    keras.Model(whole.input, 2.0 * whole.output).save(path)
    loaded = model_source.build({"path": path}, **DATA)
    np.testing.assert_allclose(
        loaded(images()), 2.0 * whole(images()), rtol=1e-5
    )


def test_saved_model_travels_inside_the_keras_file(tmp_path):
    original = network()
    folder = str(tmp_path / "exported")
    original.export(folder, verbose=False)
    loaded = model_source.build({"path": folder}, **DATA)
    expected = np.asarray(original(images()))
    np.testing.assert_allclose(loaded(images()), expected, atol=1e-6)
    path = str(tmp_path / "artifact" / "model.keras")
    model_files.save(loaded, path)
    tf.io.gfile.rmtree(folder)
    again = model_files.load_file(path)
    np.testing.assert_allclose(again(images()), expected, atol=1e-6)
    assert model_files.model_hash(again) == model_files.model_hash(loaded)
    # A file of unknown origin may not bring a graph along.
    with pytest.raises(InputError, match="holds a SavedModel"):
        model_source.build({"path": path}, **DATA)


def test_saved_model_with_an_unknown_endpoint_lists_its_own(tmp_path):
    folder = str(tmp_path / "exported")
    network().export(folder, verbose=False)
    with pytest.raises(InputError, match="serving_default"):
        model_source.build({"path": folder, "endpoint": "nope"}, **DATA)


def test_application_is_flat_and_gives_logits():
    model = model_source.build(
        {"application": "MobileNet", "arguments": {"alpha": 0.25}},
        input_shape=(32, 32, 3),
        num_classes=5,
        value_range=(0, 255),
    )
    assert model.output_shape == (None, 5)
    assert isinstance(model.layers[1], keras.layers.Rescaling)
    assert model.layers[1].scale == pytest.approx(1 / 255)


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2"])
def test_an_application_that_is_given_a_softmax_gives_logits(name):
    model = model_source.build(
        {
            "application": name,
            "arguments": {
                "alpha": 0.35 if name == "MobileNetV2" else 0.25,
                "classifier_activation": "softmax",
            },
        },
        input_shape=(32, 32, 3),
        num_classes=5,
    )
    images = np.random.default_rng(0).random((2, 32, 32, 3), "float32")
    assert (np.asarray(model(images, training=False)) < 0).any()


def test_unknown_application_names_the_closest():
    with pytest.raises(InputError, match="'MobileNetV2'"):
        model_source.build({"application": "MobilNetV2"}, **DATA)
