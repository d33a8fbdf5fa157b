import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(inputs, units, classes=3):
    return models.build(
        "mlp", input_shape=(inputs,), num_classes=classes, units=(units,)
    )


def build(student=None, **arguments):
    return methods.get("karlekar_face").build(
        teacher=network(4, 5), student=student or network(2, 5), **arguments
    )


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def test_total_is_eqns_2_and_10():
    random = np.random.default_rng(0)
    z_t, z_s = random.normal(size=(2, 6, 3))
    e_t, e_s = random.normal(size=(2, 6, 5))
    t, s = log_softmax(z_t / 3), log_softmax(z_s / 3)
    kl = 9 * np.mean(np.sum(np.exp(t) * (t - s), axis=1))
    expected = 0.5 * kl + 2.0 * np.mean((e_t - e_s) ** 2)
    model = build(temperature=3.0, soft_weight=0.5, feature_weight=2.0)
    taps = [
        {"logits": np.float32(z), "embedding": np.float32(e)}
        for z, e in ((z_t, e_t), (z_s, e_s))
    ]
    found = sum(
        float(loss.weight(0)) * np.mean(loss(*taps))
        for loss in model.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("left_out", ["soft_weight", "feature_weight"])
def test_transfer_and_distillation_also_work_alone(left_out):
    model = build(student=network(2, 4), **{left_out: 0.0})
    model.compile("adam", "sparse_categorical_crossentropy")
    x = {"student": np.ones((6, 2)), "teacher": np.ones((6, 4))}
    logs = model.fit(x, np.array([0, 1, 2] * 2), verbose=0).history
    part = {"soft_weight": "features", "feature_weight": "soft_targets"}
    expected = logs["task_loss"][0] + logs[part[left_out]][0]
    np.testing.assert_allclose(logs["loss"][0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student": network(2, 4, classes=2)}, "the same classes"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"soft_weight": -1.0}, "weight must be"),
        ({"feature_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
