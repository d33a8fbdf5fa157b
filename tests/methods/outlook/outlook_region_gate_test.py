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
    return methods.get("outlook_region_gate").build(**arguments)


def test_total_is_the_equation_of_its_parts():
    distiller = build(weight=2.0, task_weight=0.5)
    distiller.compile("sgd", cases.Case().loss)
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    expected = 0.5 * logs["task_loss"] + 2 * logs["region_gate"]
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_gates_learn_which_regions_classify():
    distiller = build(gate_weight=10.0)
    distiller.compile("adam", cases.Case().loss, jit_compile=False)
    distiller.optimizer.learning_rate = 0.02
    logs = distiller.fit(X, Y, epochs=60, verbose=0).history["region_gate"]
    assert logs[-1] < 0.9 * logs[0]
    (loss,) = distiller.distillation_losses
    taps = distiller.teacher(X)
    maps = [taps[name] for name in loss.map_taps]
    student = distiller._untracked.extractor(X, training=False)["stage3"]
    found = np.array(loss.gate([*maps, student])[0])
    assert found.std() > 0.01
    assert np.all((found > 0) & (found < 1))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match=r"regions must be \(rows"):
        build(regions=(9, 9))
    with pytest.raises(InputError, match="Gates need maps"):
        build(student_tap="embedding")
    with pytest.raises(InputError, match="gate_weight must be"):
        build(gate_weight=-1.0)
    with pytest.raises(InputError, match="task_weight|student_loss_weight"):
        build(task_weight=-1.0)
