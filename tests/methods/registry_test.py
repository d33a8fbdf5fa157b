import ast
import contextlib
import pathlib

import pytest

from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError
from tfkd.methods import registry

FOLDER = pathlib.Path(__file__).parent


@pytest.mark.parametrize("key", methods.names())
def test_every_method_keeps_the_form(key):
    method = methods.get(key)
    assert method.card["key"] == key
    for word in ("Equation:", "Symbols:", "Paper:", "Survey:"):
        assert word in method.doc, word
    assert len(method.summary) <= 80
    assert method.card["status"] in ("faithful", "simplified")
    assert bool(method.card.get("simplified")) == (
        method.card["status"] == "simplified"
    )
    for name, (kind, default) in method.arguments.items():
        assert kind, name
        assert default, name
        assert f"{name}:" in method.build_doc, name
    assert (FOLDER / method.section / f"{key}_test.py").exists()


def test_every_method_is_a_row_of_the_survey():
    rows = {row["key"]: row for row in methods.catalogue()}
    assert set(methods.names()) <= set(rows)
    assert len(rows) == 313
    assert rows["hinton_kd"]["status"] == "faithful"
    assert {row["status"] for row in rows.values()} <= {
        "faithful",
        "simplified",
        "planned",
        "commentary",
    }


def test_no_method_imports_another():
    for key in methods.names():
        tree = ast.parse(methods.get(key).path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                assert not (
                    module.startswith("tfkd.methods.") and module.count(".") > 2
                ), f"{key} imports {module}"


def test_signature_is_types_and_defaults():
    assert methods.signature("hinton_kd") == {
        "temperature": ("float", "4.0"),
        "weight": ("float", "0.9"),
        "task_weight": ("float", "0.1"),
    }


def test_what_built_a_distiller_is_noted():
    teacher, student = dense((9,)), dense()
    model = methods.get("hinton_kd").build(
        teacher=teacher, student=student, temperature=2.0
    )
    assert model.recipe.method == "hinton_kd"
    assert model.recipe.arguments == {"temperature": 2.0}
    assert model.recipe.teacher is teacher


def test_unknown_names_are_our_error():
    with pytest.raises(InputError, match="'hinton_kd'.*tfkd methods"):
        methods.get("hinton")
    missing = {row["key"] for row in methods.catalogue()} - set(methods.names())
    with pytest.raises(InputError, match="in passing.*not implemented"):
        methods.get(min(missing))
    with pytest.raises(InputError, match="temperature"):
        methods.get("hinton_kd").build(
            teacher=dense(), student=dense(), temprature=1.0
        )


@pytest.mark.parametrize(
    ("name", "value", "bound"),
    [
        ("temperature", 0.0, "above 0"),
        ("temperature", float("nan"), "above 0"),
        ("task_weight", -0.5, "at least 0"),
        ("task_weight", float("inf"), "at least 0"),
    ],
)
def test_a_number_that_cannot_be_is_refused(name, value, bound):
    with pytest.raises(InputError, match=f"{name!r}.* a number {bound}"):
        registry.check_numbers("hinton_kd", {name: value})


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("iod_shmelkov", "is for the task 'detection'"),
        ("cmkg", "needs two views of each example"),
        ("tgsa", "looks for a student of its own"),
        ("minegan", "makes images"),
    ],
)
def test_what_the_pipeline_cannot_feed_is_refused(key, reason):
    with pytest.raises(InputError, match=f"{key!r} {reason}.*in Python"):
        registry.check_for_pipeline(key)


def test_what_needs_images_and_labels_alone_is_not():
    for key in ("hinton_kd", "crd", "dml", "mean_teacher"):
        registry.check_for_pipeline(key)


@pytest.mark.parametrize("key", methods.names())
def test_defaults_pass_the_check_of_numbers(key):
    defaults = {}
    for name, (_, default) in methods.signature(key).items():
        with contextlib.suppress(ValueError, SyntaxError):
            defaults[name] = ast.literal_eval(default)
    registry.check_numbers(key, defaults)
