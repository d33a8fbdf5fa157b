import numpy as np
import pytest
import tensorflow as tf

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tests.distillers.distiller_test import expected_parts
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    return methods.get("hinton_kd").build(
        teacher=dense((9,)), student=dense(seed=1), **arguments
    )


def test_the_loss_is_the_papers():
    model = build(temperature=3.0, weight=0.6, task_weight=0.2)
    model.compile("sgd", loss=SPARSE)
    x, y = batch()
    ce, kd = expected_parts(model, x, y, temperature=3.0)
    logs = model.train_on_batch(x, y, return_dict=True)
    # a H + b T^2 KL
    want = 0.2 * ce.mean() + 0.6 * kd.mean()
    np.testing.assert_allclose(logs["loss"], want, rtol=1e-5)


def test_the_gradient_is_that_of_soft_cross_entropy():
    # Its entropy is constant, so KL and the paper's cross-entropy agree.
    model = build(temperature=3.0)
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 4, 4)).astype("float32")
    student = tf.Variable(s)
    with tf.GradientTape(persistent=True) as tape:
        (loss,) = model.distillation_losses
        kl = loss({"logits": t}, {"logits": student})
        ce = -9 * tf.reduce_sum(
            tf.nn.softmax(t / 3) * tf.nn.log_softmax(student / 3), -1
        )
    np.testing.assert_allclose(
        tape.gradient(kl, student), tape.gradient(ce, student), atol=1e-5
    )


def test_no_labels_are_needed_without_a_task():
    model = build(task_weight=0.0)
    model.compile("sgd")
    logs = model.fit(batch()[0], verbose=0).history
    assert np.isfinite(logs["loss"][0])


def test_temperature_must_be_positive():
    with pytest.raises(InputError, match="temperature"):
        build(temperature=-1.0)
