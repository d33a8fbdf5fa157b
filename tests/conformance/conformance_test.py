"""What every method must pass, with no test of its own (design, section 5)."""

import functools
import inspect
import io
import pathlib
import tempfile
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkd
from tests.conformance import cases
from tests.conformance import harness
from tfkd import methods
from tfkd import models
from tfkd.distillers import Distiller
from tfkd.errors import InputError

CHECKS = []
# Methods are the outer loop, so that the checks of one share its training.
EVERY = pytest.mark.parametrize("key", methods.names(), scope="module")


def check(function):
    """Runs a check for every method, and its exemptions in reverse."""
    name = function.__name__.removeprefix("test_")
    CHECKS.append(name)

    @EVERY
    @functools.wraps(function)
    def test(key):
        reason = cases.of(key).exempt.get(name)
        if reason is None:
            function(key)
            return
        try:
            function(key)
        except Exception:
            return
        pytest.fail(f"{key} passes {name}: its exemption is stale ({reason})")

    return test


def plain(key):
    """The shared run of a method, if it is a plain `Distiller`."""
    run = harness.run(key)
    if not isinstance(run.model, Distiller):
        pytest.skip("trains by a loop of its own")
    return run


def assert_same(first, second, rtol=0.0, atol=0.0):
    assert list(first) == list(second)
    for name, value in first.items():
        np.testing.assert_allclose(
            value, second[name], rtol=rtol, atol=atol, err_msg=name
        )


@check
def test_every_part_is_finite_and_scalar(key):
    logs = harness.run(key).logs
    assert "loss" in logs
    for name, values in logs.items():
        assert np.ndim(values) == 1, name
        assert np.all(np.isfinite(values)), name


@check
def test_a_distiller_reports_every_part(key):
    run = plain(key)
    names = {loss.name for loss in run.model.distillation_losses}
    assert names <= set(run.logs)


@check
def test_everything_trainable_is_trained(key):
    run = harness.run(key)
    assert run.before
    for name, before in run.before.items():
        if any(part in name for part in cases.of(key).untrained):
            continue
        assert not np.array_equal(before, run.after[name]), name


@check
def test_the_student_is_trained_in_place(key):
    run = harness.run(key)
    assert run.model.student is run.student
    after = harness.copy(run.student.weights)
    assert any(
        not np.array_equal(before, after[name])
        for name, before in run.student_before.items()
    )


@check
def test_teacher_weights_are_the_same_bits_after_training(key):
    run = harness.run(key)
    for before, after in zip(run.teacher_before, run.teacher_after):
        for first, second in zip(before, after):
            np.testing.assert_array_equal(first, second)


@check
def test_no_teacher_weight_is_trainable_or_saved(key):
    run = harness.run(key)
    theirs = {id(v) for m in run.teachers for v in m.variables}
    assert not theirs & {id(v) for v in run.model.variables}


@check
def test_one_student_pass_a_step(key):
    run = plain(key)
    assert run.student_calls == run.steps * cases.of(key).student_passes


@check
def test_swapping_the_roles_changes_what_is_trained(key):
    case = cases.of(key)
    first, second = case.teacher(), case.student()
    if not isinstance(first, keras.Model):
        pytest.skip("the teacher is no single model")
    before = [first.get_weights(), second.get_weights()]
    model = harness.build(key, teacher=second, student=first)
    harness.fit(key, harness.compiled(key, model), count=cases.BATCH)
    pairs = [
        [np.array_equal(b, a) for b, a in zip(weights, m.get_weights())]
        for weights, m in zip(before, (first, second))
    ]
    assert not all(pairs[0])
    assert all(pairs[1])


@check
def test_losses_are_zero_when_taps_agree(key):
    if not methods.get(key).card.get("zero_when_equal"):
        pytest.skip("its card does not claim it")
    case = cases.of(key)
    student = case.student()
    twin = keras.models.clone_model(student)
    twin.set_weights(student.get_weights())
    model = harness.build(key, teacher=twin, student=student)
    for name, values in _values(key, model).items():
        np.testing.assert_allclose(values, 0.0, atol=1e-5, err_msg=name)


@check
def test_permuting_the_batch_permutes_values(key):
    model = plain(key).model
    order = np.array([3, 1, 7, 0, 2, 6, 5, 4])
    values = _values(key, model)
    permuted = _values(key, model, order)
    for name, found in values.items():
        assert found.shape == (cases.BATCH,), name
        np.testing.assert_allclose(
            found[order], permuted[name], rtol=1e-3, atol=1e-5, err_msg=name
        )


def _values(key, model, order=slice(None)):
    """Each loss on taps in inference mode, where rows are independent."""
    x, y = harness.first_examples(key)
    x, y = keras.tree.map_structure(lambda a: tf.constant(a[order]), (x, y))
    views = tfkd.distillers.batch.views(x)
    student = model._untracked.extractor(views.student, training=False)
    teacher = model.teacher(views.teacher, student=student, step=0)
    return {
        loss.name: np.asarray(
            loss(teacher, student, labels=y, index=views.index, step=0)
        )
        for loss in model.distillation_losses
    }


@check
def test_seeded_runs_repeat(key):
    assert_same(harness.run(key).final, harness.second_run(key).final)


@check
def test_graph_equals_eager(key):
    first = harness.run(key)
    harness.seed()
    model = harness.build(key)
    harness.compiled(key, model, run_eagerly=False, jit_compile=False)
    harness.fit(key, model, cases.of(key).epochs)
    # Adam divides by sqrt(v), which blows rounding up where gradients
    # vanish: up to a hundredth of the three steps of 1e-3 is rounding.
    assert_same(first.final, harness.state(model), rtol=1e-3, atol=1e-4)


@check
def test_mixed_precision_is_finite(key):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = harness.compiled(key, harness.build(key))
        logs = harness.fit(key, model, count=cases.BATCH)
    finally:
        keras.config.set_dtype_policy(policy)
    assert all(np.all(np.isfinite(values)) for values in logs.values())


@check
def test_a_batch_of_one_has_a_value_or_our_error(key):
    model = harness.compiled(key, harness.build(key))
    try:
        logs = harness.fit(key, model, count=1)
    except InputError:
        return
    assert all(np.all(np.isfinite(values)) for values in logs.values())


@check
def test_evaluation_changes_no_state(key):
    model = harness.run(key).model
    before = harness.state(model)
    x, y = cases.of(key).data(cases.needs(key), cases.EXAMPLES)
    logs = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
    outputs = model.predict(x, batch_size=8, verbose=0)
    assert np.isfinite(logs["loss"])
    plain_x = x["student"] if isinstance(x, dict) and "student" in x else x
    expected = model.student(plain_x, training=False)
    # In batches and at once: sums differ by rounding.
    close = functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5)
    keras.tree.map_structure(close, outputs, expected)
    assert_same(before, harness.state(model))


@check
def test_saves_loads_and_trains_on(key):
    run = harness.second_run(key)
    model = run.model
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "distiller.keras")
        model.save(path)
        assert not _stored(path) & _large(run.teachers)
        loaded = keras.saving.load_model(path)
    x, _ = cases.of(key).data(cases.needs(key), cases.EXAMPLES)
    plain_x = x["student"] if isinstance(x, dict) and "student" in x else x
    keras.tree.map_structure(
        np.testing.assert_array_equal,
        model.predict(plain_x, verbose=0),
        loaded.predict(plain_x, verbose=0),
    )
    loaded.set_teacher(*run.teachers)
    harness.fit(key, model, count=8)
    harness.fit(key, loaded, count=8)
    first, second = harness.state(model), harness.state(loaded)
    for a, b in zip(first.values(), second.values(), strict=True):
        np.testing.assert_array_equal(a, b)


def _stored(path):
    """The bytes of every array in a `.keras` file."""
    with zipfile.ZipFile(path) as file:
        weights = io.BytesIO(file.read("model.weights.h5"))
    found = set()
    with h5py.File(weights) as arrays:
        arrays.visititems(
            lambda _, item: (
                found.add(item[()].tobytes())
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def _large(teachers):
    """The bytes of teachers' weights, without those of equal numbers."""
    return {
        weight.tobytes()
        for model in teachers
        for weight in model.get_weights()
        if np.ptp(weight) > 0
    }


@check
def test_an_unknown_tap_is_our_error(key):
    arguments = methods.get(key).arguments
    wrong = {n: "no_such" for n in arguments if n.endswith("_tap")}
    wrong |= {n: (("no_such", "no_such"),) for n in arguments if n == "pairs"}
    if not wrong:
        pytest.skip("it has no argument that names a tap")
    for name, value in wrong.items():
        with pytest.raises(InputError, match="no_such"):
            harness.build(key, **{name: value})


@check
def test_an_unknown_argument_is_our_error(key):
    with pytest.raises(InputError, match="no_such_argument"):
        harness.build(key, no_such_argument=1)


@check
def test_other_classes_train_or_are_our_error(key):
    if not isinstance(cases.of(key).teacher(), keras.Model):
        pytest.skip("the teacher is no single model")
    _trains_or_input_error(key, cases.cnn((6, 8, 12), classes=7))


@check
def test_other_layers_train_or_are_our_error(key):
    if not isinstance(cases.of(key).teacher(), keras.Model):
        pytest.skip("the teacher is no single model")
    flat = models.build(
        "mlp",
        input_shape=cases.SHAPE,
        num_classes=cases.CLASSES,
        scale=1 / 16,
        units=(10, 8, 6),
    )
    _trains_or_input_error(key, flat)


def _trains_or_input_error(key, teacher):
    try:
        model = harness.build(key, teacher=teacher)
    except InputError:
        return
    logs = harness.fit(key, harness.compiled(key, model), count=8)
    assert np.all(np.isfinite(logs["loss"]))


def test_every_case_belongs_to_a_method():
    assert set(cases.CASES) <= set(methods.names())


def test_every_exemption_names_a_check():
    for key, case in cases.CASES.items():
        assert set(case.exempt) <= set(CHECKS), key
        assert all(case.exempt.values()), key


def test_every_check_runs_for_every_method():
    for name in CHECKS:
        marks = inspect.unwrap(globals()[f"test_{name}"])
        assert marks.__name__ == f"test_{name}"
        marks = globals()[f"test_{name}"].pytestmark
        assert marks[0].args[1] == methods.names()
