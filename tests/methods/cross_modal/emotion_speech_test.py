import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def network(size, classes=3):
    return models.build(
        "mlp", input_shape=(size,), num_classes=classes, units=(5,)
    )


def build(**arguments):
    arguments = {"teacher": network(4), "student": network(6), **arguments}
    return methods.get("emotion_speech").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("join", ["max", "mean"])
def test_frames_are_joined_before_they_are_softened(join):
    model = build(join=join)
    model.compile("sgd", None)
    voices = RANDOM.normal(size=(2, 6)).astype("float32")
    clips = RANDOM.normal(size=(2, 5, 4)).astype("float32")
    face = model.teacher.member.model
    each = np.stack([np.array(face(clips[:, f])) for f in range(5)])
    target = softmax((each.max(0) if join == "max" else each.mean(0)) / 2)
    own = softmax(np.array(model.student(voices)) / 2)
    # T^2 = 4.
    expected = 4 * np.mean(np.sum(target * np.log(target / own), axis=-1))
    x = {"student": voices, "teacher": clips}
    logs = model.train_on_batch(x, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_evaluation_hears_voices_alone():
    voices = RANDOM.normal(size=(3, 6)).astype("float32")
    assert build().predict(voices, verbose=0).shape == (3, 3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": network(4, 2)}, "the same classes"),
        ({"join": "median"}, "reduction of frames"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
