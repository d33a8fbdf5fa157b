import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance.cases.online import dual_student
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(8)


def build(**arguments):
    arguments = {"teacher": None, "student": dual_student(), **arguments}
    return methods.get("dualnet").build(**arguments)


def trained(chain, epochs=1):
    chain.compile(keras.optimizers.SGD(0.1), cases.Case().loss)
    chain.fit(X, Y, batch_size=8, epochs=epochs, verbose=0)
    return [history.history for history in chain.histories]


def parts(student):
    return {
        name: student.get_layer(name).get_weights()
        for name in ("first", "second", "logits")
    }


def test_phases_have_the_losses_of_the_equation():
    phases = trained(build(rounds=2))
    auxiliary = [
        {key for key in log if key.startswith("task_aux")} for log in phases
    ]
    first, second = {"task_auxiliary1"}, {"task_auxiliary2"}
    assert auxiliary == [first, second, first, first | second]
    # Phase 1: the first network alone.
    log = phases[0]
    np.testing.assert_allclose(log["loss"], log["task_auxiliary1"], rtol=1e-5)
    # Phase 2: fused, and 0.3 times the second network's.
    log = phases[1]
    expected = log["task_loss"][0] + 0.3 * log["task_auxiliary2"][0]
    np.testing.assert_allclose(log["loss"], [expected], rtol=1e-5)


def test_one_extractor_is_frozen_while_the_other_learns():
    student = dual_student()
    chain = build(student=student)
    moved = []
    for make in chain.stages:
        before = parts(student)
        model = make(None)
        model.compile(keras.optimizers.SGD(0.1), cases.Case().loss)
        model.fit(X, Y, batch_size=8, verbose=0)
        after = parts(student)
        moved.append(
            {
                name
                for name in before
                if not all(map(np.array_equal, before[name], after[name]))
            }
        )
    assert moved == [
        {"first"},
        {"second", "logits"},
        {"first", "second", "logits"},
    ]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": cases.student()}, "needs no teacher"),
        ({"rounds": 0}, "rounds of dualnet"),
        ({"second_tap": "fused"}, "without a layer in common"),
        ({"auxiliary_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
