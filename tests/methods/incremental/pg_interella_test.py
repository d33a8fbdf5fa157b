import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance.cases.incremental import policy
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models.shared_policies import shared_policies

KINDS = {"first": "cart", "second": "cart", "third": "arm"}
RANDOM = np.random.default_rng(0)
X = {
    "cart": RANDOM.normal(size=(6, 3)).astype("float32"),
    "arm": RANDOM.normal(size=(6, 2)).astype("float32"),
}


def network(**arguments):
    return shared_policies({"cart": 3, "arm": 2}, KINDS, **arguments)


def build(**arguments):
    arguments = {
        "teacher": [policy(3), policy(3), policy(2)],
        "student": network(),
        **arguments,
    }
    return methods.get("pg_interella").build(**arguments)


def test_the_loss_is_the_distance_of_policies_in_the_norm_of_the_hessian():
    teachers = [policy(3), policy(3), policy(2)]
    student = network(code_penalty=0.3)
    model = build(teacher=teachers, student=student, variance=2.0)
    layer = student.get_layer("shared_policies")
    model.compile("sgd", run_eagerly=True)
    shared, first, second, codes = layer.get_weights()
    expected = 0.3 * np.abs(codes).sum() / 3 + 1e-5 * sum(
        np.sum(w.astype("float64") ** 2) for w in (shared, first, second)
    )
    for teacher, theta, kind in zip(teachers, layer.policies(), KINDS.values()):
        phi = X[kind].astype("float64")
        hessian = phi.T @ phi / len(phi) / 2.0
        gap = teacher.get_weights()[0][:, 0] - np.asarray(theta)[0]
        expected += gap @ hessian @ gap / 3
    logs = model.train_on_batch(X, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_one_code_explains_policies_that_are_multiples_of_each_other():
    teachers = [policy(3) for _ in range(3)]
    for factor, teacher in zip((1.0, -2.0, 0.5), teachers):
        teacher.set_weights([factor * np.float32([[1.0], [2.0], [-1.0]])])
    student = shared_policies(
        {"cart": 3}, {"a": "cart", "b": "cart", "c": "cart"}, basis=1
    )
    model = build(teacher=teachers, student=student)
    model.compile(keras.optimizers.Adam(0.05), jit_compile=False)
    states = np.tile(X["cart"], (300, 1))
    model.fit({"cart": states}, batch_size=6, shuffle=False, verbose=0)
    found = student.get_layer("shared_policies").policies()
    for teacher, theta in zip(teachers, found):
        np.testing.assert_allclose(
            np.asarray(theta)[0], teacher.get_weights()[0][:, 0], atol=0.1
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": cases.student()}, "a student of shared policies"),
        ({"teacher": [policy(3)]}, "a teacher for each of its tasks"),
        ({"teacher": [policy(2)] * 3}, "states of 3 features"),
        ({"variance": 0.0}, "variance of pg_interella"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
