import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def network(filters=(2, 3)):
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=3, filters=filters
    )


def build(**arguments):
    return methods.get("skd_seg").build(
        teacher=network((3, 4)),
        student=network(),
        **{"critic_filters": (2, 3), **arguments},
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def test_pixels_follow_the_divergence_of_each():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 8, 8, 3))
    log_q, log_p = log_softmax(t), log_softmax(s)
    expected = np.mean(np.sum(np.exp(log_q) * (log_q - log_p), -1), (1, 2))
    found = losses()["pixel"](
        {"logits": t.astype("float32")}, {"logits": s.astype("float32")}
    )
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_pairs_follow_the_cosines_of_nodes():
    # Stage 2 is 4x4: patches of 2 leave 2x2 nodes.
    random = np.random.default_rng(0)
    t = random.normal(size=(2, 4, 4, 4))
    s = random.normal(size=(2, 4, 4, 3))

    def cosines(f):
        nodes = f.reshape(2, 2, 2, 2, 2, -1).max(axis=(2, 4))
        nodes = nodes.reshape(2, 4, -1)
        nodes = nodes / np.linalg.norm(nodes, axis=-1, keepdims=True)
        return nodes @ nodes.transpose(0, 2, 1)

    expected = np.mean((cosines(t) - cosines(s)) ** 2, axis=(1, 2))
    found = losses()["pair"](
        {"stage2": t.astype("float32")}, {"stage2": s.astype("float32")}
    )
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_the_critic_sees_the_rescaled_image():
    whole = losses()["whole"]
    assert whole.condition_tap == "rescaling"
    assert whole.kind == "wgan_gp"
    # 3 classes and 1 channel of the image.
    assert whole.critic.kernels[0].shape == (4, 4, 4, 2)


def test_no_critic_is_made_for_a_weight_of_zero():
    assert set(losses(whole_weight=0.0)) == {"pixel", "pair"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"patch": 0}, "patch of skd_seg must be a whole number >= 1"),
        ({"pool": "min"}, "pool must be 'max' or 'average'"),
        ({"pixel_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"pair_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"whole_weight": -1.0}, "whole_weight must be a finite number"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"gradient_penalty": -1.0}, "gradient_penalty"),
        ({"student_tap": "no_such"}, "no_such"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_classifiers():
    classifier = models.build("cnn", input_shape=(8, 8, 1), num_classes=3)
    with pytest.raises(InputError, match="dense logits"):
        methods.get("skd_seg").build(teacher=classifier, student=network())
