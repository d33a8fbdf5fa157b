"""Every question's config: it names its question, and its points check."""

import importlib
import pathlib
import pkgutil

import pytest

from tfkd.configs import common
from tfkd.configs import questions as folder
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import settings
from tfkd.pipelines import sweep
from tfkd.report import answers
from tfkd.report import questions

NAMES = sorted(
    module.name
    for module in pkgutil.iter_modules(folder.__path__)
    if module.name != "setting"
)
every_question = pytest.mark.parametrize("name", NAMES)


def module(name):
    return importlib.import_module(f"{folder.__name__}.{name}")


def points(name):
    argv = ["run", f"--config={module(name).__file__}", "--pipeline_root=root"]
    argv += ["--sweep=config"]
    values, config, _ = settings.parse(argv)
    return sweep.points(argv, values, config)[1]


def test_every_question_has_a_config_and_the_guide_tells_of_it():
    assert set(questions.QUESTIONS) == set(NAMES)
    root = pathlib.Path(folder.__path__[0]).parents[1]
    guide = (root / "docs/guides/questions.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in guide for name in NAMES)


@every_question
def test_docstring_is_a_lab_notebook_page(name):
    for word in ("Command:", "Data:", "Setting:", "Cost:", "Expected:"):
        assert word in module(name).__doc__
    assert f"--config=configs/questions/{name}.py" in module(name).__doc__


@every_question
def test_config_names_its_question_and_keeps_all_fields(name):
    config = module(name).get_config()
    assert config.question == name
    own = set(settings.flatten(config))
    assert own >= set(settings.flatten(common.default()))
    assert len(config.distillation.seeds) >= answers.MIN_SEEDS
    assert module(name).get_config("quick").distillation.seeds == (0,)


@every_question
def test_every_point_makes_a_pipeline(name):
    for point in points(name):
        distillation_pipeline.create(point.config, "root")


@every_question
def test_both_sides_of_the_question_have_points(name):
    listed = points(name)
    sides = {
        questions.get(name).sides(
            questions.Point(
                number=point.number,
                label=point.text,
                fields=point.fields,
                last=point.number == len(listed),
                teacher=0.9,
                eval_accuracy=0.9,
                student={},
                control={},
                images=1,
            )
        )
        for point in listed
    }
    assert sides == {0, 1}
