import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def segmenter(filters=(2, 3), classes=3):
    return segmentation.model(
        input_shape=(4, 4, 1), num_classes=classes, filters=filters
    )


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments.setdefault("teacher", segmenter((4, 6)))
    arguments.setdefault("student", segmenter())
    return methods.get("unet_kd").build(**arguments)


def log_softmax(z):
    z = np.asarray(z, "float64")
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def batch():
    random = np.random.default_rng(0)
    images = random.uniform(0, 16, (2, 4, 4, 1)).astype("float32")
    masks = np.zeros((2, 4, 4), "int32")
    # 32 pixels: 2 unlabelled, 6 of class 1, 24 of class 0, none of class 2.
    masks[0, 0, :2] = -1
    masks[1, :2, :3] = 1
    return images, masks


def test_total_is_the_equation():
    model = build(temperature=2.0, weight=0.5, task_weight=0.3)
    model.compile(keras.optimizers.SGD(0.0), segmentation.loss())
    images, masks = batch()
    t = np.asarray(model.teacher(images)["logits"], "float64")
    s = np.asarray(model(images, training=True)["logits"], "float64")
    log_p = log_softmax(s)
    # N / (C n_c): 30 / (2 * 24) and 30 / (2 * 6).
    weights = np.where(masks == 1, 2.5, 0.625) * (masks >= 0)
    labels = np.take_along_axis(log_p, np.maximum(masks, 0)[..., None], -1)
    task = np.sum(weights * -labels[..., 0]) / 32
    q, p = log_softmax(t / 2), log_softmax(s / 2)
    soft = 4 * np.mean(np.sum(np.exp(q) * (q - p), axis=-1))
    logs = model.train_on_batch(images, masks, return_dict=True)
    np.testing.assert_allclose(logs["weighted_task"], task, rtol=1e-4)
    np.testing.assert_allclose(logs["soft_targets"], soft, rtol=1e-4)
    expected = 0.3 * task + 0.5 * soft
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_a_rare_class_is_learned_sooner():
    images, _ = batch()
    images = np.tile(images, (8, 1, 1, 1))
    # One pixel in 16 is bright, and of class 1.
    images[:, 1, 2] = 30.0
    masks = np.zeros((16, 4, 4), "int32")
    masks[:, 1, 2] = 1
    shares = []
    for weights in ((1.0, 1.0), "balanced"):
        model = build(
            teacher=segmenter(classes=2),
            student=segmenter(classes=2),
            class_weights=weights,
            weight=0.0,
        )
        model.compile(keras.optimizers.Adam(0.003), segmentation.loss())
        model.fit(images, masks, epochs=15, verbose=0)
        logits = np.asarray(model(images, training=True)["logits"])
        share = np.exp(log_softmax(logits))[..., 1]
        shares.append(np.mean(share[masks == 1]))
    assert shares[1] > shares[0] + 0.03


def test_numbers_can_be_given_for_the_classes():
    model = build(class_weights=(1.0, 2.0, 3.0))
    assert model.distillation_losses[0].class_weights == (1.0, 2.0, 3.0)


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="unet_kd needs dense logits"):
        build(teacher=cases.teacher())
    with pytest.raises(InputError, match="each of the 3 classes"):
        build(class_weights=(1.0, 2.0))
    with pytest.raises(InputError, match="score the same"):
        build(teacher=segmenter(classes=4))
