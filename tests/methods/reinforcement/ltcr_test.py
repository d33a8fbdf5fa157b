import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError
from tfkd.losses import CategoricalReturns


def agent(actions=2, atoms=3):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(actions * atoms, name="scores"),
            keras.layers.Reshape((actions, atoms), name="distributions"),
        ]
    )


def build(**arguments):
    arguments = {"teacher": None, "student": agent(), **arguments}
    return methods.get("ltcr").build(**arguments)


def test_is_returns_and_the_divergences_of_both_actions():
    model = build(high=2.0, weight=0.5)
    returns, transfer, back = model.distillation_losses
    # Softmax of ln(1, 2, 1) is (1/4, 1/2, 1/4).
    own = np.log(np.float32([[[1, 2, 1], [1, 1, 1]]]))
    other = np.log(np.float32([[[1, 1, 2], [1, 1, 1]]]))
    # KL((1, 1, 2) / 4 || (1, 2, 1) / 4), and 0 of the second action.
    expected = (np.log(1 / 2) / 4 + np.log(2) / 2) / 2
    found = transfer({"peer1": other}, {"logits": own})
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    # Nothing before the first exchange.
    assert [float(transfer.weight(step)) for step in (99, 100)] == [0, 0.5]
    assert (back.teacher_taps, back.student_taps) == (("logits",), ("peer1",))
    # A return of 1.5 of action 0, half at atom 1 and half at atom 2.
    found = returns({}, {"peer1": own}, labels=np.float32([[0, 1.5]]))
    np.testing.assert_allclose(found, [np.log(2 * 4) / 2], rtol=1e-5)


def test_agents_follow_what_others_were_at_the_last_exchange():
    model = build(exchange_steps=2, weight=0.0)
    model.compile(
        keras.optimizers.SGD(0.1), CategoricalReturns(), run_eagerly=True
    )
    x = np.ones((4, 5), "float32")
    y = np.float32([[0, 0.5]] * 4)
    kernels = []
    for _ in range(2):
        model.fit(x, y, verbose=0)
        copy = model.teacher.copy.get_weights()[0]
        kernels.append((copy, model.student.get_weights()[0]))
    assert not np.array_equal(*kernels[0])
    np.testing.assert_array_equal(*kernels[1])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"student": dense()}, "value distributions"),
        ({"agents": 1}, "peers of ltcr"),
        ({"low": 2.0}, "low < high"),
        ({"exchange_steps": 0}, "exchange_steps of ltcr"),
        ({"teacher": agent(atoms=4)}, "same classes"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
