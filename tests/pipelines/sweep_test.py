import csv
import json
import pathlib
import re
import textwrap

import pipeline_fakes as fakes
import pytest

from tests.report import synthetic_run
from tfkd.errors import InputError
from tfkd.pipelines import run
from tfkd.pipelines import settings
from tfkd.pipelines import sweep

ROOT = pathlib.Path(__file__).parents[2]
QUICKSTART = f"--config={ROOT / 'configs/quickstart.py'}"


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Four small components; the config's seed is a rate of the Student."""
    monkeypatch.setattr(
        run.distillation_pipeline,
        "create",
        lambda config, root, **options: fakes.build(
            root, rate=float(config.seed), **options
        ),
    )
    fakes.calls.clear()
    fakes.behaviour.clear()
    yield ["run", QUICKSTART, f"--pipeline_root={tmp_path}", "--runner=local"]
    fakes.behaviour.clear()


def points_of(*words, config=QUICKSTART):
    argv = ["run", config, "--pipeline_root=root", *words]
    values, config, _ = settings.parse(argv)
    return sweep.points(argv, values, config)


def rows_in(root):
    (path,) = pathlib.Path(root).glob("sweeps/*/results.csv")
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_every_combination_of_the_values_is_a_point():
    name, points = points_of(
        "--sweep=distillation.temperature=1,2.5", "--sweep=student.name=cnn,mlp"
    )
    assert re.fullmatch("sweep-[0-9a-f]{8}", name)
    assert [
        (p.config.distillation.arguments.temperature, p.config.student.name)
        for p in points
    ] == [(1.0, "cnn"), (1.0, "mlp"), (2.5, "cnn"), (2.5, "mlp")]
    assert [point.run_id for point in points] == [
        f"{name}-{number:03d}" for number in (1, 2, 3, 4)
    ]
    assert points[3].text == "temperature=2.5, name=mlp"


def test_brackets_hold_a_value_together():
    _, points = points_of("--sweep=distillation.seeds=(0,1),(2,)")
    assert [p.config.distillation.seeds for p in points] == [(0, 1), (2,)]


def test_each_point_pushes_to_a_folder_of_its_own():
    name, points = points_of("--sweep=seed=1,2")
    folders = [point.config.pusher.serving_dir for point in points]
    assert folders == [
        f"root/sweeps/{name}/00{number}/serving" for number in (1, 2)
    ]


def test_another_method_has_its_own_arguments():
    _, points = points_of("--sweep=distillation.method=hinton_kd,at")
    assert "power" in points[1].config.distillation.arguments
    assert "power" not in points[0].config.distillation.arguments


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sweep=distillation.methud=at"], "Point 1 .*methud.*Closest"),
        (["--sweep=seed=1,two"], r"Point 2 of the sweep \(seed=two\)"),
        (["--sweep=seed"], "must be FIELD=VALUE"),
        (["--sweep=seed=1,,2"], "must be FIELD=VALUE"),
        (["--sweep=config"], "could not be loaded: AttributeError"),
        # Both points would have run with 3.
        (["--sweep=seed=1,2", "--seed=3"], "Point 1 .*both were given: 3 and"),
    ],
)
def test_a_mistake_names_the_point_before_anything_runs(words, told):
    with pytest.raises(InputError, match=told):
        points_of(*words)


def test_a_config_may_list_its_own_points(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        textwrap.dedent(
            """
            from tfkd.configs import quickstart

            get_config = quickstart.get_config

            def sweep():
                return [
                    {"distillation.temperature": t, "distillation.seeds": (s,)}
                    for t, s in ((1.0, 0), (2.0, 1))
                ]
            """
        )
    )
    _, points = points_of("--sweep=config", config=f"--config={path}")
    assert [
        (
            p.config.distillation.arguments.temperature,
            p.config.distillation.seeds,
        )
        for p in points
    ] == [(1.0, (0,)), (2.0, (1,))]


ASKED = """
from tfkd.configs import quickstart

def get_config():
    config = quickstart.get_config()
    config.question = {question!r}
    return config

def sweep():
    return [{{"seed": 1}}, {{"seed": 2, "title": "other"}}]
"""


def test_a_question_is_answered_when_all_points_have_run(
    fake, tmp_path, capsys
):
    path = tmp_path / "mine.py"
    path.write_text(ASKED.format(question="bigger_teachers"))
    assert run.main([*fake, f"--config={path}", "--sweep=config"]) == 0
    # The fake pipeline evaluates nothing.
    assert "Open: no point of the last teacher" in capsys.readouterr().out
    (page,) = tmp_path.glob("sweeps/*/sweep.html")
    assert "Are bigger and longer trained teachers" in page.read_text()
    # A field that only some points have is empty for the others.
    assert [row["title"] for row in rows_in(tmp_path)] == ["", "other"]


def test_an_unknown_question_is_refused_before_anything_runs(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(ASKED.format(question="why"))
    with pytest.raises(InputError, match="question.*why"):
        points_of("--sweep=config", config=f"--config={path}")


def test_points_share_what_does_not_depend_on_them(fake, tmp_path, capsys):
    assert run.main([*fake, "--sweep=seed=1,2"]) == 0
    assert fakes.calls == ["Source", "Other", "Teacher", "Student", "Student"]
    rows = rows_in(tmp_path)
    assert [(row["seed"], row["state"]) for row in rows] == [
        ("1", "finished"),
        ("2", "finished"),
    ]
    out = capsys.readouterr().out
    assert "Point 2/2: seed=2" in out
    fakes.calls.clear()
    assert run.main([*fake, "--sweep=seed=1,2"]) == 0
    assert fakes.calls == []
    assert [row["state"] for row in rows_in(tmp_path)] == ["finished"] * 2


def test_a_point_that_fails_does_not_stop_the_others(fake, tmp_path, capsys):
    seen = []

    def fail_once(executor):
        seen.append(executor)
        if len(seen) == 1:
            raise InputError("the loss is nan")

    fakes.behaviour["Student"] = fail_once
    assert run.main([*fake, "--sweep=seed=1,2,3"]) == 1
    rows = rows_in(tmp_path)
    assert [row["state"] for row in rows] == ["failed", "finished", "finished"]
    assert "the loss is nan" in rows[0]["error"]
    assert "1 of 3 points failed" in capsys.readouterr().out
    (page,) = tmp_path.glob("sweeps/*/sweep.html")
    assert "the loss is nan" in page.read_text()
    fakes.calls.clear()
    assert run.main([*fake, "--sweep=seed=1,2,3"]) == 0
    assert fakes.calls == ["Student"]


def test_an_interrupt_ends_a_sweep_and_keeps_what_is_done(fake, tmp_path):
    seen = []

    def interrupt(executor):
        seen.append(executor)
        if len(seen) == 2:
            raise KeyboardInterrupt

    fakes.behaviour["Student"] = interrupt
    assert run.main([*fake, "--sweep=seed=1,2,3"]) == 130
    assert [row["seed"] for row in rows_in(tmp_path)] == ["1"]


def test_explain_cache_explains_every_point(fake, capsys):
    assert run.main([*fake, "--sweep=seed=1,2", "--explain_cache"]) == 0
    out = capsys.readouterr().out
    assert "Student: executed, parameter rate: 1.0 -> 2.0" in out
    assert out.count("Teacher: executed") == out.count("Teacher: cached") == 1


def test_dry_run_shows_every_point_and_runs_none(fake, tmp_path, capsys):
    assert run.main([*fake, "--sweep=seed=1,2", "--dry_run"]) == 0
    assert capsys.readouterr().out.count("4 components, 0 cached") == 2
    assert fakes.calls == []
    assert not (tmp_path / "sweeps").exists()


def test_measured_numbers_are_those_of_the_evaluation(tmp_path):
    folder = pathlib.Path(synthetic_run.write(tmp_path)["evaluation"])
    models = json.loads((folder / "metrics.json").read_text())["models"]
    found = sweep._measured(folder)

    def mean(role):
        seeds = models[role]["seed_accuracies"].values()
        return sum(seeds) / len(seeds)

    assert found["student_accuracy"] == pytest.approx(mean("student"), abs=1e-6)
    assert found["gain"] == pytest.approx(
        mean("student") - mean("control"), abs=1e-6
    )
    assert found["int8_bytes"] == models["student_int8"]["bytes"]
    assert found["blessed"] in ("yes", "no")
    assert found["test_examples"] == 200
    for role in ("control", "student"):
        seeds = json.loads(found[f"{role}_seeds"])
        assert seeds == models[role]["seed_accuracies"]


def test_points_are_chosen_by_the_eval_split_over_all_seeds(tmp_path):
    runs = [{"eval_accuracy": 0.5}, {"eval_accuracy": 0.7}]
    (tmp_path / "training.json").write_text(json.dumps({"runs": runs}))
    assert sweep._chosen_by(tmp_path) == pytest.approx(0.6)
