import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.teachers import ExchangeTeacher

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 5)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def mlp(seed, units=(4,)):
    keras.utils.set_random_seed(seed)
    return models.build("mlp", input_shape=(5,), num_classes=2, units=units)


def distiller(folder, member, others, seed, steps=1, **arguments):
    student = mlp(seed, **arguments)
    model = Distiller(
        student=student,
        teacher=ExchangeTeacher(
            folder, member=member, others=others, exchange_steps=steps
        ),
        distillation_losses=SoftTargets(temperature=1.0),
    )
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def fit(model, epochs=1):
    history = model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0)
    return history.history["soft_targets"]


def assert_copied(copy, student):
    for found, expected in zip(copy.get_weights(), student.get_weights()):
        np.testing.assert_array_equal(found, expected)


def test_two_members_follow_each_other(tmp_path):
    a = distiller(tmp_path, "a", "b", 0)
    b = distiller(tmp_path, "b", "a", 1)
    # b is not there yet.
    np.testing.assert_allclose(fit(a, 2), 0.0, atol=1e-6)
    np.testing.assert_array_equal(a.teacher.present, [0.0])
    # b trains once before its first exchange, and then sees a.
    first, second = fit(b, 2)
    np.testing.assert_allclose(first, 0.0, atol=1e-6)
    assert second > 1e-4
    np.testing.assert_array_equal(b.teacher.present, [1.0])
    assert_copied(b.teacher.copies[0], a.student)
    fit(a)
    assert_copied(a.teacher.copies[0], b.student)


def test_it_exchanges_in_the_steps_that_are_due(tmp_path):
    a = distiller(tmp_path, "a", "b", 0, steps=2)
    fit(a)
    assert not os.path.exists(a.teacher.path("a"))
    fit(a)
    with np.load(a.teacher.path("a")) as file:
        assert file["step"] == 2
        np.testing.assert_array_equal(file["0"], a.student.get_weights()[0])
    before = a.student.get_weights()
    fit(a)
    with np.load(a.teacher.path("a")) as file:
        np.testing.assert_array_equal(file["0"], before[0])
    # Nothing but finished files lies in the folder.
    assert os.listdir(tmp_path) == ["a.npz"]


def test_only_members_that_are_there_count(tmp_path):
    students = [mlp(seed) for seed in (0, 1, 2)]
    teacher = ExchangeTeacher(tmp_path, member="a", others=["b", "c", "d"])
    teacher.connect(("logits",), students[0])
    own = {"logits": students[0](X)}
    for copy, student in zip(teacher.copies, students):
        copy.set_weights(student.get_weights())
    found = teacher(X, student=own)["logits"]
    np.testing.assert_array_equal(found, own["logits"])
    # b and c: the mean of their probabilities, as log-probabilities.
    teacher.present.assign([1.0, 1.0, 0.0])
    p = [
        np.exp(np.asarray(s(X), "float64"))
        / np.sum(np.exp(np.asarray(s(X), "float64")), axis=1, keepdims=True)
        for s in students[:2]
    ]
    found = teacher(X, student=own)["logits"]
    np.testing.assert_allclose(found, np.log((p[0] + p[1]) / 2), rtol=1e-5)


def test_an_absent_member_gives_no_gradient(tmp_path):
    model = distiller(tmp_path, "a", "b", 0)
    plain = mlp(0)
    plain.compile(
        keras.optimizers.SGD(0.1 * 0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    fit(model, 3)
    plain.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    for a, b in zip(model.student.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_it_works_in_graphs_of_several_steps(tmp_path):
    b = distiller(tmp_path, "b", "a", 1)
    fit(b)
    a = distiller(tmp_path, "a", "b", 0)
    a.compile("sgd", a.loss, steps_per_execution=2)
    a.fit(X, Y, batch_size=2, verbose=0)
    np.testing.assert_array_equal(a.teacher.present, [1.0])
    assert_copied(a.teacher.copies[0], b.student)


def test_another_architecture_is_an_error(tmp_path):
    fit(distiller(tmp_path, "b", "a", 1, units=(3,)))
    model = distiller(tmp_path, "a", "b", 0)
    model.run_eagerly = True
    with pytest.raises(Exception, match="another architecture"):
        fit(model)


def test_round_trip(tmp_path):
    teacher = ExchangeTeacher(
        tmp_path, member="a", others=["b"], exchange_steps=7
    )
    config = keras.saving.serialize_keras_object(teacher)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == teacher.get_config()
    assert again.exchange_steps == 7


def test_bad_arguments_are_errors(tmp_path):
    with pytest.raises(InputError, match="at least one other member"):
        ExchangeTeacher(tmp_path, member="a", others=[])
    with pytest.raises(InputError, match="name of its own"):
        ExchangeTeacher(tmp_path, member="a", others=["a", "b"])
    with pytest.raises(InputError, match="file name"):
        ExchangeTeacher(tmp_path, member="a/b", others=["c"])
    with pytest.raises(InputError, match="exchange_steps must be"):
        ExchangeTeacher(tmp_path, member="a", others="b", exchange_steps=0)
    teacher = ExchangeTeacher(tmp_path, member="a", others="b")
    with pytest.raises(InputError, match="embedding"):
        teacher.connect(("embedding",), mlp(0))


WORKER = """
import sys
import keras
import numpy as np
from tfkd import methods, models
from tfkd.teachers import ExchangeTeacher

folder, member, other, seed = sys.argv[1:]
keras.utils.set_random_seed(int(seed))
student = models.build("mlp", input_shape=(5,), num_classes=2, units=(4,))
x = np.random.default_rng(int(seed)).normal(size=(16, 5)).astype("float32")
model = methods.get("codistillation").build(
    teacher=ExchangeTeacher(
        folder, member=member, others=[other], exchange_steps=2
    ),
    student=student,
    burn_in_steps=1,
)
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
for epoch in range(20_000):
    logs = model.fit(x, (x[:, 0] > 0).astype("int32"), verbose=0).history
    if logs["soft_targets"][0] > 1e-6:
        break
else:
    sys.exit("the other member never came")
assert float(model.teacher.present[0]) == 1.0
"""


@pytest.mark.slow
def test_two_processes_follow_each_other(tmp_path):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    # Each goes on until it has learned from the other, whose file stays.
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), *names, seed],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed, names in (("0", ("a", "b")), ("1", ("b", "a")))
    ]
    try:
        for worker in workers:
            _, errors = worker.communicate(timeout=300)
            assert worker.returncode == 0, errors
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b.npz"]


def test_weights_of_bfloat16_are_exchanged(tmp_path):
    inputs = keras.Input((5,))
    layer = keras.layers.Dense(2, name="logits", dtype="bfloat16")
    student = keras.Model(inputs, layer(inputs))
    a, b = (
        ExchangeTeacher(tmp_path, member=me, others=other, exchange_steps=1)
        for me, other in (("a", "b"), ("b", "a"))
    )
    for teacher in (a, b):
        teacher.connect(("logits",), student)
    student.set_weights([w + 1 for w in student.get_weights()])
    a.update(student, 1)
    b.update(student, 1)
    np.testing.assert_array_equal(b.present, [1.0])
    assert_copied(b.copies[0], student)
