import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError


def linear(kernel):
    """A classifier of 1x1 maps of three channels: z = x W."""
    inputs = keras.Input((1, 1, 3))
    stage = keras.layers.Activation("linear", name="stage1")(inputs)
    flat = keras.layers.Flatten(name="embedding")(stage)
    outputs = keras.layers.Dense(2, use_bias=False, name="logits")(flat)
    model = keras.Model(inputs, outputs)
    model.get_layer("logits").kernel.assign(np.array(kernel, "float32").T)
    return model


def build(**arguments):
    return methods.get("jacobian").build(
        teacher=linear([[3, 4, 0], [1, 0, 0]]),
        student=linear([[0, 2, 0], [0, 0, 10]]),
        **arguments,
    )


def values(distiller, x, labels):
    """The weighted mean of each part, on taps that the models give."""
    x = np.array(x, "float32").reshape(-1, 1, 1, 3)
    student = distiller._untracked.extractor(x, training=True)
    teacher = distiller.teacher(x)
    return {
        loss.name: float(loss.weight(0))
        * float(np.mean(loss(teacher, student, labels=labels)))
        for loss in distiller.distillation_losses
    }


def test_is_the_papers_equation():
    found = values(
        build(
            outputs="label",
            weight=10.0,
            soft_weight=0.5,
            temperature=2.0,
            attention_weight=3.0,
        ),
        [[1.0, 0.0, 0.0], [1.0, 2.0, 2.0]],
        labels=np.array([0, 1]),
    )
    # True classes: (.6, .8, 0) - (0, 1, 0) and (1, 0, 0) - (0, 0, 1): the
    # squares are .4 and 2. Both attentions are ||x||^2, so they agree.
    assert found["jacobian"] == pytest.approx(10 * (0.4 + 2.0) / 2)
    assert found["attention_jacobian"] == pytest.approx(0.0, abs=1e-12)
    # z_t = (3, 1), (11, 1) and z_s = (0, 0), (4, 20), halved by T.
    q = np.exp([[1.5, 0.5], [5.5, 0.5]])
    p = np.exp([[0.0, 0.0], [2.0, 10.0]])
    q, p = (e / e.sum(-1, keepdims=True) for e in (q, p))
    kl = np.mean(np.sum(q * np.log(q / p), -1))
    assert found["soft_targets"] == pytest.approx(0.5 * 4 * kl, rel=1e-5)


def test_a_nearly_equal_function_may_have_another_jacobian():
    # The same logits on x = (1, 1, 0), and orthogonal gradients.
    distiller = methods.get("jacobian").build(
        teacher=linear([[1, 0, 0], [0, 0, 1]]),
        student=linear([[0, 1, 0], [0, 0, 1]]),
    )
    found = values(distiller, [[1.0, 1.0, 0.0]], labels=None)
    assert found["soft_targets"] == pytest.approx(0.0, abs=1e-9)
    assert found["jacobian"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"outputs": "some"}, "no choice of outputs"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"temperature": 0.0}, "temperature must be a finite number >"),
        ({"teacher_tap": "stage1"}, "belong to its attention term"),
        ({"attention_weight": 1.0, "student_tap": "stag1"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
