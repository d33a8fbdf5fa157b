"""Saving, loading and going on."""

import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from tests.conformance import harness
from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tests.distillers.distiller_test import distiller
from tfkd import distillers
from tfkd import methods
from tfkd import taps
from tfkd import teachers
from tfkd import transforms
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss


def saved(model, folder):
    path = folder / "distiller.keras"
    model.save(path)
    return path


def steps(model, count=2):
    x, y = batch(8 * count)
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    return [np.array(v) for v in model.student.variables]


def by_method(teacher=None, key="hinton_kd", **arguments):
    model = methods.get(key).build(
        teacher=dense((9,)) if teacher is None else teacher,
        student=dense(seed=1),
        **arguments,
    )
    model.compile(keras.optimizers.Adam(0.01), loss=SPARSE)
    return model


def test_a_file_holds_no_teacher_weights(tmp_path):
    teacher = dense((9,))
    path = saved(by_method(teacher), tmp_path)
    with zipfile.ZipFile(path) as file:
        stored = b"".join(file.read(name) for name in file.namelist())
    for weight in teacher.get_weights():
        if np.ptp(weight) > 0:
            assert weight.tobytes() not in stored
    kernel = dense(seed=1).get_weights()[0]
    assert kernel.tobytes() in stored


def test_it_predicts_without_the_teacher_and_says_which_one_trains(tmp_path):
    teacher = teachers.FrozenTeacher(dense((9,)), path="models/big.keras")
    model = by_method(teacher)
    loaded = keras.saving.load_model(saved(model, tmp_path))
    x, y = batch()
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), loaded.predict(x, verbose=0)
    )
    loaded.evaluate(x, y, verbose=0)
    wanted = teachers.reference.fingerprint(teacher.model)
    with pytest.raises(InputError, match=f"models/big.keras, hash {wanted}"):
        loaded.fit(x, y, verbose=0)


def test_a_loaded_distiller_goes_on_to_the_same_weights(tmp_path):
    teacher = dense((9,))
    model = by_method(teacher)
    steps(model)
    loaded = distillers.load(saved(model, tmp_path), teacher=teacher)
    for first, second in zip(steps(model), steps(loaded), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_file_of_another_model_is_our_error(tmp_path):
    dense().save(tmp_path / "student.keras")
    with pytest.raises(InputError, match="Functional.*load_model"):
        distillers.load(tmp_path / "student.keras")


def test_set_teacher_refuses_another_one(tmp_path):
    loaded = keras.saving.load_model(saved(by_method(), tmp_path))
    with pytest.raises(InputError, match="must be the one"):
        loaded.set_teacher(dense((9,), seed=5))


def test_a_teacher_whose_path_is_known_is_found_again(tmp_path):
    teacher = dense((9,))
    teacher.save(tmp_path / "teacher.keras")
    frozen = teachers.FrozenTeacher(teacher, path=tmp_path / "teacher.keras")
    loaded = keras.saving.load_model(saved(by_method(frozen), tmp_path))
    steps(loaded)


def test_arguments_and_schedules_are_restored(tmp_path):
    from tfkd import schedules

    ramp = schedules.Linear(0.0, 1.0, 10)
    model = by_method(temperature=7.0, weight=ramp)
    loaded = keras.saving.load_model(saved(model, tmp_path))
    assert loaded.recipe.arguments["temperature"] == 7.0
    loss = loaded.distillation_losses[0]
    assert float(loss.weight(5)) == pytest.approx(0.5)


def test_a_file_saved_twice_says_the_same(tmp_path):
    path = saved(by_method(), tmp_path)
    again = tmp_path / "again.keras"
    keras.saving.load_model(path).save(again)
    configs = []
    for name in (path, again):
        with zipfile.ZipFile(name) as file:
            configs.append(json.loads(file.read("config.json"))["config"])
    first, second = (c["given"]["teacher"]["config"] for c in configs)
    assert first["hash"] == second["hash"]
    assert first["name"] == second["name"]


def test_a_hand_made_distiller_is_saved_by_its_parts(tmp_path):
    teacher = dense((9,))
    losses = [
        SoftTargets(temperature=3.0, weight=0.3),
        FeatureMatch(
            teacher_tap="stage1",
            student_tap="stage1",
            student_transform=transforms.Regressor(),
        ),
    ]
    model = distiller(teacher=teacher, losses=losses)
    steps(model)
    loaded = keras.saving.load_model(saved(model, tmp_path))
    loaded.set_teacher(teacher)
    for first, second in zip(steps(model), steps(loaded), strict=True):
        np.testing.assert_array_equal(first, second)
    for first, second in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_network_around_the_student_is_saved_once(tmp_path):
    student = dense(seed=1)

    def extra(inputs, tensors):
        exit_ = keras.layers.Dense(4, name="exit")(tensors["stage1"])
        return {"exit": exit_}

    model = distillers.Distiller(
        student=student,
        network=taps.extend(student, ["stage1"], extra),
        teacher=teachers.SelfTeacher(),
        distillation_losses=[
            TaskLoss(student_tap="exit"),
            SoftTargets(student_tap="exit", teacher_tap="outputs"),
        ],
    )
    model.compile("adam", loss=SPARSE, run_eagerly=True)
    steps(model)
    loaded = keras.saving.load_model(saved(model, tmp_path))
    for first, second in zip(steps(model), steps(loaded), strict=True):
        np.testing.assert_array_equal(first, second)


def test_ensembles_and_averages_are_saved(tmp_path):
    members = [dense((9,), seed=s) for s in (3, 4)]
    model = by_method(teachers.EnsembleTeacher(members))
    averaged = distillers.Distiller(
        student=dense(seed=1),
        teacher=teachers.EMATeacher(decay=0.5),
        distillation_losses=SoftTargets(),
    )
    averaged.compile("adam", loss=SPARSE, run_eagerly=True)
    for trained, known in ((model, members), (averaged, [])):
        steps(trained)
        loaded = keras.saving.load_model(saved(trained, tmp_path))
        loaded.set_teacher(*known)
        for first, second in zip(steps(trained), steps(loaded), strict=True):
            np.testing.assert_array_equal(first, second)


def test_what_no_method_built_says_how_it_can_be_saved(tmp_path):
    chain = distillers.Chain([lambda previous: None], student=dense())
    with pytest.raises(InputError, match="tfkd.methods.get"):
        chain.save(tmp_path / "chain.keras")


def normalized(units):
    """A network with batch statistics, which must be resumed as well."""
    inputs = keras.Input((5,))
    x = keras.layers.Dense(units, name="hidden")(inputs)
    x = keras.layers.BatchNormalization(name="stage1")(x)
    return keras.Model(inputs, keras.layers.Dense(4, name="logits")(x))


class Killed(Exception):
    pass


class Kill(keras.callbacks.Callback):
    """Stops the process of training as a kill in the second epoch would."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise Killed


@pytest.mark.parametrize("kind", ["frozen", "ema"])
def test_backup_and_restore_resumes_bit_for_bit(kind, tmp_path):
    def build():
        harness.seed()
        student = normalized(4)
        teacher = normalized(6)
        if kind == "ema":
            teacher = teachers.EMATeacher(decay=0.9)
        loss = FeatureMatch(
            teacher_tap="stage1",
            student_tap="stage1",
            student_transform=transforms.Regressor(),
        )
        model = distillers.Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=loss,
            student_view=keras.layers.GaussianNoise(0.1, seed=1),
        )
        # Eagerly: a few steps cost less than their compilation.
        model.compile(
            keras.optimizers.Adam(0.01), loss=SPARSE, run_eagerly=True
        )
        return model

    x, y = batch(20)
    arguments = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0}
    whole = build()
    whole.fit(x, y, **arguments)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(Killed):
        build().fit(x, y, callbacks=[backup, Kill()], **arguments)
    resumed = build()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    history = resumed.fit(x, y, callbacks=[backup], **arguments)
    assert history.epoch == [1, 2]
    first, second = harness.state(whole), harness.state(resumed)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def test_a_new_process_loads_a_method_it_never_imported(tmp_path):
    path = saved(by_method(), tmp_path)
    code = (
        "import sys; from tfkd import distillers;"
        "model = distillers.load(sys.argv[1]);"
        "print(model.recipe.method)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split()[-1] == "hinton_kd"
