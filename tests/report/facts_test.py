import dataclasses

import pytest

from tests.report import synthetic_run
from tfkd.report import facts
from tfkd.report import results
from tfkd.report import summary


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    return results.read(synthetic_run.write(tmp_path), title="T")


def test_the_gain_is_paired_by_seed():
    metrics = {
        "models": {
            "student": {"seed_accuracies": {"0": 0.98, "1": 0.96, "7": 0.1}},
            "control": {"seed_accuracies": {"0": 0.88, "1": 0.90, "9": 0.9}},
        }
    }
    gain = facts.gain(metrics)
    # Seeds 0 and 1: 10 and 6 points.
    assert gain.mean == pytest.approx(0.08)
    assert (gain.low, gain.high) == pytest.approx((0.06, 0.10))
    # Deviations of 2 points each, divided by n - 1 = 1: sqrt(8) points.
    assert gain.std == pytest.approx(0.08**0.5 / 10)
    assert (
        gain.text == "+8.0 points (mean of 2 paired seeds, range +6.0 to +10.0)"
    )


def test_a_gain_of_one_seed_says_so():
    models = {
        "student": {"seed_accuracies": {"0": 0.85}},
        "control": {"seed_accuracies": {"0": 0.87}},
    }
    assert facts.gain({"models": models}).text == "−2.0 points (one seed)"


def test_there_is_no_gain_without_a_common_seed():
    models = {"student": {"seed_accuracies": {"0": 1.0}}, "control": {}}
    assert facts.gain({"models": models}) is None


def test_rows_are_in_reading_order(run):
    rows = facts.rows(run.metrics)
    labels = ["Teacher", "Control", "Student", "Student int8"]
    assert [row["label"] for row in rows] == labels
    assert rows[0]["agreement"] == "–"
    assert rows[1]["parameters"] == "1,702"
    assert rows[3]["bytes"] == "6,104"
    assert rows[3]["kib"] == "6.0"
    assert rows[0]["median"] == "0.041"


def test_models_that_nobody_planned_come_last(run):
    models = run.metrics["models"]
    models["a_new_one"] = models["student"]
    assert facts.rows(run.metrics)[-1]["label"] == "a new one"


def test_the_verdict_names_what_failed(run):
    assert facts.verdict(run) == "Blessed: all 2 checks passed."
    checks = [dict(run.checks[0], passed=False), run.checks[1]]
    run = dataclasses.replace(run, blessed=False, checks=checks)
    assert facts.verdict(run) == (
        "Not blessed: 1 of 2 checks failed (min_gain_over_control)."
    )


def test_nothing_is_blessed_unchecked(run):
    run = dataclasses.replace(run, blessed=False, checks=[])
    assert "no check was set" in facts.verdict(run)


def test_passed_bounds_on_the_file_bless_no_unchecked_answers(run):
    run = dataclasses.replace(run, blessed=False, checks=run.checks[1:])
    assert facts.verdict(run) == (
        "Not blessed: no check of the answers was set, and nothing is blessed "
        "unchecked."
    )


def test_the_outcome_names_size_and_interval(run):
    models = run.metrics["models"]
    models["student_int8"].update(
        accuracy=0.981, accuracy_interval=[0.97, 0.992]
    )
    models["teacher"]["accuracy"] = 0.996
    assert facts.outcome(run) == (
        "The student int8 answers 98.1 % of 200 test images right (95 % "
        "interval 97.0 to 99.2) in a file of 6.0 KiB; the teacher 99.6 % in "
        "375.5 KiB."
    )


def test_a_teacher_that_has_seen_hidden_labels_is_called_so(run):
    text = " ".join(facts.setting(run))
    assert "The student learns from 100 labelled images" in text
    assert "1,337 training images whose labels are hidden" in text
    assert "the teacher has seen those labels" in text
    assert "same training budget (30 epochs, batches of 64)" in text
    assert "Of 3 seeds the best on the eval split" in text


def test_a_disjoint_teacher_is_called_so(run):
    run.trainings["teacher"]["subset"] = [0.0, 0.5]
    run.trainings["student"]["subset"] = [0.5, 1.0]
    text = " ".join(facts.setting(run))
    assert "it has seen none of the student's" in text
    assert "has seen those labels" not in text


def test_an_imported_teacher_is_called_so(run):
    run.trainings["teacher"]["num_labels"] = 0
    assert "The teacher was imported" in " ".join(facts.setting(run))


def test_all_labels_need_no_hidden_ones(run):
    run.trainings["student"].update(num_labels=None, num_unlabelled=0)
    text = " ".join(facts.setting(run))
    assert "learns from all labelled images, and from" in text
    assert "hidden" not in text


def test_warnings_of_a_training_are_shown(run):
    run.trainings["teacher"]["warnings"] = ["It is no better than chance."]
    assert facts.setting(run)[-1] == "Teacher: It is no better than chance."


def test_an_unfair_control_is_called_so(run):
    run.trainings["control"]["train"] = {"epochs": 1}
    text = " ".join(facts.setting(run))
    assert "differs from the student in more than the teacher" in text
    assert "training budget" in text


def test_a_push_is_told_with_its_reason():
    pushed = {"pushed": True, "destination": "serving/3", "version": 3}
    assert facts.pushed_to(pushed) == "Pushed to serving/3"
    refused = {"pushed": False, "reason": "failed size"}
    assert facts.pushed_to(refused) == "Not pushed: failed size."
    assert facts.pushed_to(None) == "Not pushed: the pipeline has no Pusher."


def test_a_variant_that_could_not_be_exported_is_told(tmp_path):
    folders = synthetic_run.write(tmp_path)
    reason = "TFLite has no int16 kernel for NEG."
    synthetic_run.write_json(
        folders["tflite"] / "not_made.json", {"int16x8": reason}
    )
    run = results.read(folders, title="T")
    told = f"The variant int16x8 could not be exported: {reason}"
    assert told in facts.setting(run)
    assert reason in summary.render(run)
