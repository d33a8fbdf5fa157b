import dataclasses

import keras
import numpy as np
import pytest

from benchmarks import leaderboard_tasks
from benchmarks import leaderboard_worker
from benchmarks.leaderboard_budget import QUICK
from benchmarks.leaderboard_runs import Run
from benchmarks.leaderboard_tasks import fashion
from benchmarks.leaderboard_tasks import training

BUDGET = dataclasses.replace(QUICK, steps=4, scored=40)


@pytest.fixture(autouse=True)
def _little(monkeypatch):
    """Images of which the brightest row is the class; untrained teachers."""

    def images(part):
        random = np.random.default_rng(len(part))
        y = np.arange(6500) % 10
        x = random.uniform(0, 50, (len(y), *fashion.SHAPE)).astype("float32")
        x[np.arange(len(y)), 2 * y] = 255
        return x, y

    compiled = fashion.compile_model

    def compile_model(model, *args, **kwargs):
        model = compiled(model, *args, **kwargs)
        model.run_eagerly = True  # Four steps are not worth a trace.
        return model

    teacher = fashion.teacher_model()
    teacher.run_eagerly = True
    monkeypatch.setattr(fashion, "compile_model", compile_model)
    monkeypatch.setattr(fashion, "images", images)
    monkeypatch.setattr(fashion, "_route", lambda budget, seed: [teacher] * 3)
    # A worker forgets all models between runs; here fixtures live on.
    monkeypatch.setattr(keras.backend, "clear_session", lambda **_: None)


def run(entry, arguments, task="fashion_100", seed=10, split="eval"):
    made = Run(entry, split, seed, arguments, "")
    return leaderboard_worker.train(task, made, BUDGET)


def test_every_entry_has_the_same_start_and_steps_on_a_seed():
    found = [
        run("alone", {}),
        run("smoothing", {"smoothing": 0.1}),
        run("hinton_kd", {"temperature": 2.0}),
        run("at", {"weight": 5.0}),
    ]
    assert len({result["start"] for result in found}) == 1
    # Few samples train half as many.
    assert {result["steps"] for result in found} == {BUDGET.steps // 2}
    assert all(result["cpu_seconds"] > 0 for result in found)
    other = run("alone", {}, seed=11)
    assert other["start"] != found[0]["start"]


def test_batches_are_the_same_whatever_is_trained(monkeypatch):
    seen = []

    def fit(self, model, x, y):
        images = x["student"] if isinstance(x, dict) else x
        seen.append((images, y))
        model.optimizer.build(model.trainable_variables)

    monkeypatch.setattr(training.Setting, "fit", fit)
    for entry in ("alone", "hinton_kd", "crd"):
        run(entry, {"size": 200} if entry == "crd" else {})
    (x, y), *others = seen
    assert len(y) == BUDGET.steps // 2 * 32
    for images, labels in others:
        np.testing.assert_array_equal(images, x)
        np.testing.assert_array_equal(labels, y)


def test_a_run_repeats():
    first, second = (run("at", {"weight": 5.0}) for _ in range(2))
    assert first["accuracy"] == second["accuracy"]
    assert first["start"] == second["start"]


def test_the_classical_model_sees_the_labelled_images_once():
    setting = leaderboard_tasks.get("fashion_100").setting(10, BUDGET)
    x, y = setting.once
    assert np.bincount(y).tolist() == [20] * 10  # 10, and mirrored.
    np.testing.assert_array_equal(x[100], x[0, :, ::-1])
    assert run("svm", {"C": 10.0})["accuracy"] > 0.9


def test_a_refusal_is_a_result():
    found = run("fskd", {})
    assert found["error"].startswith("InputError: fskd needs convolutions")


def test_unlabelled_images_are_seen_by_methods_and_not_by_controls():
    setting = leaderboard_tasks.get("fashion_unlabelled").setting(10, BUDGET)
    assert len(setting.y) == len(setting.control[1])
    assert (setting.control[1] >= 0).all()
    assert 0.5 < (setting.y == -1).mean() < 1.0
    assert len(setting.once[1]) == 2000


def test_teachers_and_students_images_are_disjoint():
    rows = [set(range(60_000)[part]) for part in fashion.PARTS.values()]
    assert sum(map(len, rows)) == len(set.union(*rows)) == 60_000


def test_a_coarse_pixel_is_the_mean_of_its_square():
    task = leaderboard_tasks.get("cross_resolution")
    setting = task.setting(10, BUDGET)
    assert setting.x.shape[1:] == (7, 7, 1)
    np.testing.assert_allclose(
        setting.x[0, 1, 2, 0],
        setting.teacher_x[0, 4:8, 8:12, 0].mean(),
        rtol=1e-5,
    )
    assert "agreement" in run("hinton_kd", {}, task=task.name)


def test_noise_is_a_control_without_any_image():
    task = leaderboard_tasks.get("data_free")
    setting = task.setting(10, BUDGET)
    assert (setting.y == -1).all()
    assert setting.x.min() == 0.0
    assert setting.x.max() == pytest.approx(255.0)
    found = run("hinton_kd", {}, task="data_free")
    assert found["steps"] == BUDGET.steps


def test_an_old_network_grows_and_is_corrected(tmp_path, monkeypatch):
    monkeypatch.setattr(
        leaderboard_tasks.module_of("incremental").leaderboard_cache,
        "FOLDER",
        tmp_path,
    )
    found = run("bic", {"temperature": 2.0}, task="incremental")
    assert "error" not in found
    assert "agreement" not in found  # The teacher knows five classes.
    assert found["start"] == run("alone", {}, task="incremental")["start"]


def test_the_teacher_is_such_a_student(tmp_path, monkeypatch):
    module = leaderboard_tasks.module_of("born_again")
    monkeypatch.setattr(module.leaderboard_cache, "FOLDER", tmp_path)
    module.first_generation.cache_clear()
    found = run("hinton_kd", {}, task="born_again")
    assert "error" not in found
    teacher = module.first_generation(10, BUDGET)[0]
    assert teacher.count_params() == training.student_model().count_params()
    # Kept on disk: a second time nothing is trained.
    module.first_generation.cache_clear()
    monkeypatch.setattr(module, "_alone", None)
    again = module.first_generation(10, BUDGET)[0]
    np.testing.assert_array_equal(
        again.get_weights()[0], teacher.get_weights()[0]
    )
