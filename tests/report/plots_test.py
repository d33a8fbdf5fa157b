import re
from xml.etree import ElementTree

import pytest

from tests.report import synthetic_run
from tfkd.report import confusion
from tfkd.report import plots
from tfkd.report import results


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    return results.read(synthetic_run.write(tmp_path), title="T")


def draw_all(run):
    metrics = run.metrics
    return {
        "curve": plots.curves(
            run.trainings, "val_accuracy", name="accuracy", unit="%", scale=100
        ),
        "reliability": plots.reliability(metrics),
        "size": plots.accuracy_by_size(metrics),
        "confusion": confusion.draw_matrix(
            metrics["models"]["student_int8"]["confusion_matrix"],
            metrics["class_names"],
            model="student_int8",
        ),
    }


def test_plots_are_valid_and_described(run):
    for name, svg in draw_all(run).items():
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img", name
        assert len(root.get("aria-label")) > 30, name


def test_plots_repeat_byte_for_byte(run):
    assert draw_all(run) == draw_all(run)


def test_plots_share_no_ids_and_keep_their_references(run):
    seen = set()
    for name, svg in draw_all(run).items():
        ids = re.findall(r'\bid="([^"]+)"', svg)
        assert len(ids) == len(set(ids)), name
        assert not seen.intersection(ids), name
        references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)
        assert {a or b for a, b in references} <= set(ids), name
        seen.update(ids)


def test_plots_take_their_colours_from_the_page(run):
    for name, svg in draw_all(run).items():
        left = set(re.findall(r"#[0-9a-f]{6}\b", svg)) & set(plots.VARIABLES)
        assert not left, name
        assert "var(--ink)" in svg, name


def test_a_curve_has_a_line_for_each_seed(run):
    text = draw_all(run)["curve"]
    assert "Student (3 seeds)" in text
    assert ">Teacher<" in text
    # The last of 20 epochs: 99.5 * (1 - 0.85 e^-5) + 0.4 sin(60) = 98.8.
    assert "Teacher ends at 98.8" in text


def test_there_is_no_curve_without_a_history(run):
    assert plots.curves(run.trainings, "absent", name="x", unit="") is None


def test_a_run_of_one_epoch_can_be_drawn(run):
    for training in run.trainings.values():
        for single in training["runs"]:
            single["history"]["val_loss"] = [0.5]
    svg = plots.curves(run.trainings, "val_loss", name="loss", unit="nats")
    assert "ends at 0.5" in svg


def test_reliability_is_that_of_the_judged_file(run):
    assert "Student int8 2.1 %" in plots.reliability(run.metrics)
    run.metrics["judged"] = "student"
    svg = plots.reliability(run.metrics)
    assert "Student 2.1 %" in svg
    assert "Student int8" not in svg


def test_empty_bins_are_no_points():
    def draw(confidence, accuracy, count):
        bins = {"confidence": confidence, "accuracy": accuracy, "count": count}
        models = {"control": {"reliability": bins, "ece": 0.1}}
        return plots.reliability({"models": models})

    one = draw([0.5], [0.6], [10])
    assert draw([0.0, 0.5], [0.0, 0.6], [0, 10]) == one
    assert draw([0.1, 0.5], [0.0, 0.6], [5, 10]) != one
    # Without any answer there is the diagonal alone.
    assert "Control<" not in draw([0.0], [0.0], [0])
    assert "Control<" in one
