import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.methods.partners import partner_of

# Methods whose student has a partner.
KEYS = ("faces_voices", "l3net", "pins", "svhf")


def mlp(size=3):
    return models.build("mlp", input_shape=(size,), num_classes=2, units=(5,))


def partner(partner, **arguments):
    arguments = {
        "teacher": None,
        "student": mlp(6),
        "tap": "embedding",
        **arguments,
    }
    return partner_of("pins", partner=partner, **arguments)


def test_a_model_is_used_up_to_its_tap():
    model = mlp()
    view, network = partner(model)
    assert view.shape == (3,)
    assert network.output_shape == (None, 5)
    kernel = model.get_layer("embedding_dense").kernel
    assert any(weight is kernel for weight in network.weights)


def test_a_dict_makes_a_network_of_the_students_inputs_and_classes():
    view, network = partner({"name": "mlp", "units": (5,)}, tap="logits")
    assert view.shape == (6,)
    assert network.output_shape == (None, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"partner": None}, "needs partner=model"),
        ({"partner": "cnn"}, "needs partner=model"),
        ({"partner": mlp(), "teacher": mlp()}, "trains the networks of both"),
        ({"partner": mlp(), "tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        partner(**wrong)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("key", KEYS)
def test_both_networks_learn_to_tell_pairs(key):
    """Two sensors of one scene, without any label but identities."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    scenes = random.normal(size=(64, 4))
    x = {
        view: (scenes @ random.normal(size=(4, size))).astype("float32")
        for view, size in (("student", 6), ("teacher", 3))
    }
    other = mlp()
    before = other.get_weights()
    options = {"curriculum_steps": 20} if key == "pins" else {}
    model = methods.get(key).build(
        teacher=None, student=mlp(6), partner=other, **options
    )
    model.compile(keras.optimizers.Adam(0.01), None)
    y = {"y": np.arange(64)} if key == "svhf" else {}
    loss = model.fit(x, batch_size=16, epochs=40, verbose=0, **y)
    loss = loss.history["loss"]
    # The curriculum of pins makes its task harder meanwhile.
    assert loss[-1] < (0.9 if key == "pins" else 0.7) * loss[0]
    kernel, head = other.get_layer("embedding_dense"), other.get_layer("logits")
    assert not np.array_equal(kernel.kernel, before[0])
    np.testing.assert_array_equal(head.kernel, before[-2])
    found = model.predict(x["student"], verbose=0)
    assert found.shape == (64, 2)


@pytest.mark.parametrize("key", KEYS)
def test_a_file_keeps_the_partner(key, tmp_path):
    model = methods.get(key).build(
        teacher=None,
        student=cases.student(),
        partner={"name": "cnn", "filters": (4, 6, 8)},
    )
    model.compile("sgd", None)
    path = str(tmp_path / "distiller.keras")
    model.save(path)
    loaded = keras.saving.load_model(path)
    x, _ = cases.images(2)
    found, again = (
        m.distillation_losses[0].partner(x) for m in (model, loaded)
    )
    np.testing.assert_array_equal(found, again)
