import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models import named_heads

RANDOM = np.random.default_rng(0)


def image_network(classes):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=(4,)
    )


def sound_network(**heads):
    heads = heads or {"objects": 3, "scenes": 2}
    body = models.build("mlp", input_shape=(6,), num_classes=2, units=(5,))
    return named_heads.build(body, heads)


def sequence_network():
    inputs = keras.Input((None, 6))
    x = keras.layers.Dense(5, name="embedding")(inputs)
    return named_heads.build(
        keras.Model(inputs, x), {"objects": 3, "scenes": 2}
    )


def build(**arguments):
    arguments = {
        "teacher": {"objects": image_network(3), "scenes": image_network(2)},
        "student": sound_network(),
        **arguments,
    }
    return methods.get("soundnet").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def kl(model, student, x, y, head):
    g = softmax(np.array(model(y), "float64"))
    f = softmax(np.array(student(x)[head], "float64"))
    return np.mean(np.sum(g * np.log(g / f), axis=-1))


def test_the_loss_is_the_sum_of_both_teachers_divergences():
    model = build(weights={"scenes": 0.5})
    model.compile("sgd", None)
    x = RANDOM.normal(size=(4, 6)).astype("float32")
    y = RANDOM.normal(size=(4, 3)).astype("float32")
    objects, scenes = (m.model for m in model.teacher.members)
    expected = {
        "soft_objects": kl(objects, model.student, x, y, "objects"),
        "soft_scenes": kl(scenes, model.student, x, y, "scenes"),
    }
    logs = model.train_on_batch({"student": x, "teacher": y}, return_dict=True)
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name], value, rtol=1e-4)
    total = expected["soft_objects"] + 0.5 * expected["soft_scenes"]
    np.testing.assert_allclose(logs["loss"], total, rtol=1e-4)


def test_every_frame_is_compared_with_its_own_time():
    model = build(student=sequence_network(), frames=True)
    model.compile("sgd", None)
    x = RANDOM.normal(size=(2, 4, 6)).astype("float32")
    y = RANDOM.normal(size=(2, 4, 3)).astype("float32")
    objects, _ = (m.model for m in model.teacher.member.members)
    p = softmax(np.array(model.student(x)["objects"], "float64"))
    each = []
    for f in range(4):
        g = softmax(np.array(objects(y[:, f]), "float64"))
        each.append(np.mean(np.sum(g * np.log(g / p[:, f]), axis=-1)))
    logs = model.train_on_batch({"student": x, "teacher": y}, return_dict=True)
    np.testing.assert_allclose(logs["soft_objects"], np.mean(each), rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": image_network(3)}, "one teacher for each head"),
        ({"teacher": {"objects": image_network(3)}}, "one teacher for each"),
        ({"student": sound_network(objects=3, scenes=4)}, "the same classes"),
        ({"weights": {"sounds": 1.0}}, "must be of the heads"),
        ({"weights": {"scenes": -1.0}}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
