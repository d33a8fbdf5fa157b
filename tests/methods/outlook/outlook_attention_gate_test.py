import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(16)


def build(**arguments):
    arguments = {
        "teacher": [cases.teacher(), cases.cnn((6, 8, 10))],
        "student": cases.student(),
        **arguments,
    }
    return methods.get("outlook_attention_gate").build(**arguments)


def gates(distiller):
    """The gates of each teacher on the batch, `(teachers, batch, ...)`."""
    (loss,) = distiller.distillation_losses
    taps = distiller.teacher(X)
    maps = [taps[name] for name in loss.map_taps]
    return np.array(loss.gate([*maps, maps[0]]))


def test_total_is_the_equation_of_its_parts():
    distiller = build(weight=2.0, task_weight=0.5)
    distiller.compile("sgd", cases.Case().loss)
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    expected = 0.5 * logs["task_loss"] + 2 * logs["attention_gate"]
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_a_teacher_that_says_nothing_of_the_task_is_gated_out():
    # The second teacher's map is the same wherever and whatever it sees.
    useful, useless = cases.teacher(), cases.teacher()
    for layer in useless.layers:
        if layer.name.endswith("_bn"):
            layer.gamma.assign(0 * layer.gamma)
            layer.beta.assign(0 * layer.beta + 1)
    distiller = build(teacher=[useful, useless], gate_weight=10.0)
    distiller.compile("adam", cases.Case().loss, jit_compile=False)
    distiller.optimizer.learning_rate = 0.02
    distiller.fit(X, Y, epochs=60, verbose=0)
    first, second = gates(distiller)
    np.testing.assert_allclose(first + second, 1.0, rtol=1e-5)
    assert first.mean() > 0.6


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="axis of AttentionGate"):
        build(axis="row")
    with pytest.raises(InputError, match="maps of as many channels"):
        build(axis="channel")
    with pytest.raises(InputError, match="Gates need maps"):
        build(student_tap="embedding")
    with pytest.raises(InputError, match="gate_weight must be"):
        build(gate_weight=-1.0)
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
