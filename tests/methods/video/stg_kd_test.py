import numpy as np
import pytest

from tests.methods.video.networks import clip_network
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import clips


def network(classes=18):
    return clip_network(frames=4, classes=classes, answers="caption")


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": network(),
        "partner": network(),
        **arguments,
    }
    return methods.get("stg_kd").build(**arguments)


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def test_objects_learn_the_caption_and_teach_the_scene():
    partner, student = network(), network()
    model = build(
        partner=partner,
        student=student,
        temperature=2.0,
        partner_weight=0.5,
        task_weight=0.0,
    )
    scenes, labels = clips.data(3, frames=4, label="caption", noise=8)
    objects, _ = clips.data(3, frames=4, label="caption", noise=0)
    scenes, objects = scenes[:, :, 4:12, 4:12], objects[:, :, 4:12, 4:12]
    z, s = (
        np.array(net(x), "float64")
        for net, x in ((partner, objects), (student, scenes))
    )
    hard = -np.take_along_axis(log_softmax(z), labels[..., None], -1)[..., 0]
    log_q = log_softmax(z / 2)
    soft = 4 * np.sum(np.exp(log_q) * (log_q - log_softmax(s / 2)), -1)
    model.compile("sgd", None)
    x = {"student": scenes, "teacher": objects}
    logs = model.train_on_batch(x, labels, return_dict=True)
    expected = np.mean(0.5 * hard + soft)
    np.testing.assert_allclose(logs["objects"], expected, rtol=1e-4)


def test_both_branches_are_trained_and_the_scene_alone_remains():
    partner, student = network(), network()
    model = build(partner=partner, student=student)
    own = {id(v) for v in model.trainable_variables}
    assert {id(v) for v in partner.trainable_variables} <= own
    x = np.zeros((2, 4, 8, 8, 1), "float32")
    assert model.predict(x, verbose=0).shape == (2, 2, 18)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": network()}, "Pass teacher=None"),
        ({"partner": None}, "needs partner=model"),
        ({"partner": network(17)}, "the same classes"),
        ({"partner_weight": -1.0}, "partner_weight must be"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
