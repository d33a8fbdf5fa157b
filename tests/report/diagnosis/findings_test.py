import dataclasses
import math

import pytest

from tests.report.diagnosis import synthetic
from tfkd import methods
from tfkd.report.diagnosis import findings
from tfkd.report.diagnosis.gradients import Gradients
from tfkd.report.diagnosis.measurements import Difference

PROBLEMS = (
    findings.not_finite,
    findings.teacher_at_chance,
    findings.teacher_no_better,
    findings.harmful,
    findings.conflicts,
    findings.memorised,
    findings.hard,
    findings.soft,
    findings.overconfident,
    findings.opposed,
    findings.few_labels,
    findings.too_small,
    findings.overfitted,
    findings.too_large,
    findings.cka_low,
    findings.no_control,
)


def ids(finding):
    return finding.__name__


@pytest.mark.parametrize("finding", PROBLEMS, ids=ids)
def test_a_good_run_has_no_problem(finding):
    assert finding(synthetic.measured()) is None


@pytest.mark.parametrize(
    "finding",
    [*PROBLEMS, findings.keep_weight, findings.logits_first],
    ids=ids,
)
def test_what_was_not_measured_is_no_finding(finding):
    empty = dict.fromkeys(
        (
            "accuracy",
            "interval",
            "train_accuracy",
            "train_agreement",
            "confidence",
            "ece",
        )
    )
    found = synthetic.measured(
        labelled=0,
        train_labelled=None,
        train_unlabelled=None,
        chance=None,
        models=synthetic.models(teacher=empty, control=empty, student=empty),
        lead=None,
        gain=None,
        softening=None,
        similarity=None,
        gradients=None,
        conflict_share=None,
    )
    assert finding(found) is None
    assert findings.keep_temperature(found) is None


def told(finding, **changed):
    title, text = finding(synthetic.measured(**changed))
    return f"{title}. {text}"


def of(role, **fields):
    return {"models": synthetic.models(**{role: fields})}


def test_not_finite_names_the_model():
    text = told(findings.not_finite, **of("control", not_finite=3))
    assert "Repair the control" in text
    assert "3 of 210 examples" in text


def test_teacher_no_better_than_its_control():
    lead = Difference("control", 0.01, -0.02, 0.04, 30)
    text = told(findings.teacher_no_better, lead=lead)
    assert "+1.0 points (95 % interval −2.0 to +4.0)" in text


def test_an_untrained_student_says_nothing_about_the_teacher():
    found = synthetic.measured(
        lead=Difference("student", -0.1, -0.2, 0.0, 30),
        **of("student", accuracy=0.3),
    )
    assert findings.teacher_no_better(found) is None


def test_harm_needs_an_interval_below_zero():
    text = told(
        findings.harmful, gain=Difference("control", -0.05, -0.08, -0.01, 30)
    )
    assert "−5.0 points" in text
    unsure = synthetic.measured(
        gain=Difference("control", -0.05, -0.1, 0.01, 30)
    )
    assert findings.harmful(unsure) is None


@pytest.mark.parametrize("discordant", [1, 4, 5])
def test_few_examples_show_neither_harm_nor_a_better_teacher(discordant):
    gain = Difference("control", -0.05, -0.08, -0.01, discordant)
    assert findings.harmful(synthetic.measured(gain=gain)) is None
    lead = Difference("control", 0.05, 0.01, 0.08, discordant)
    text = told(findings.teacher_no_better, lead=lead)
    assert "Measure the teacher on more examples" in text
    assert f"by {discordant} of the examples, too few" in text


def test_six_examples_of_one_kind_are_enough():
    gain = Difference("control", -0.05, -0.08, -0.01, 6)
    assert findings.harmful(synthetic.measured(gain=gain)) is not None
    lead = Difference("control", 0.05, 0.01, 0.08, 6)
    assert findings.teacher_no_better(synthetic.measured(lead=lead)) is None


def test_memorised_needs_both_a_perfect_fit_and_a_gap():
    fields = {"train_accuracy": 1.0, "accuracy": 0.9}
    assert "100.0 %" in told(findings.memorised, **of("teacher", **fields))
    close = synthetic.measured(**of("teacher", train_accuracy=1.0))
    assert findings.memorised(close) is None


def test_hard_targets_suggest_a_temperature_and_what_if_none_is_enough():
    soft = synthetic.softening(share=0.02, suggested=9.5)
    assert "about 9.5" in told(findings.hard, softening=soft)
    far = synthetic.softening(share=0.02, suggested=20.0)
    assert "Even at T = 20" in told(findings.hard, softening=far)


def test_soft_targets_suggest_a_lower_temperature():
    soft = synthetic.softening(share=0.95, suggested=1.5)
    assert "Lower the temperature to about 1.5" in told(
        findings.soft, softening=soft
    )
    # ln 3 is 1.1: 0.99 of it is left at T = 1, where the search ends.
    unsure = synthetic.softening(
        share=0.99, suggested=1.0, entropies={1: 0.99 * math.log(3)}
    )
    for finding in (findings.soft, findings.keep_temperature):
        text = told(finding, softening=unsure)
        assert "Even at T = 1 it is 99.0 %" in text
        assert "reached" not in text


def test_overconfidence_names_the_larger_temperature():
    soft = synthetic.softening(calibrating=6.0)
    fields = {"confidence": 0.99, "accuracy": 0.8, "ece": 0.19}
    text = told(
        findings.overconfident, softening=soft, **of("teacher", **fields)
    )
    assert "T of at least 6" in text


def test_overconfidence_that_the_temperature_mends_is_no_problem():
    fields = {"confidence": 0.99, "accuracy": 0.8, "ece": 0.19}
    for temperature, found in ((3.9, True), (4.0, False), (9.0, False)):
        measured = synthetic.measured(
            temperature=temperature, **of("teacher", **fields)
        )
        assert (findings.overconfident(measured) is not None) is found


@pytest.mark.parametrize(
    ("cosine", "words"), [(-0.3, "are opposed"), (0.1, "little in common")]
)
def test_gradients_that_do_not_pull_alike(cosine, words):
    found = Gradients((cosine, cosine), (0.9,), 1.0)
    assert words in told(findings.opposed, gradients=found)


def test_the_students_own_weights_do_not_count_for_the_gradients():
    found = synthetic.measured(gradients=Gradients((0.9,), (-1.0,), 1.0))
    assert findings.opposed(found) is None


def test_few_labels_are_fine_where_unlabelled_examples_are_used():
    assert "10 labelled" in told(findings.few_labels, train_labelled=30)
    used = synthetic.measured(train_labelled=30, train_unlabelled=500)
    assert findings.few_labels(used) is None


def test_a_student_that_cannot_follow_is_offered_an_assistant():
    fields = {"train_agreement": 0.8, "train_accuracy": 0.8}
    text = told(findings.too_small, **of("student", **fields))
    assert "80.0 %" in text
    assert "17.0 points behind" in text
    assert "20 times its weights" in text


def test_a_student_of_the_teachers_size_and_accuracy_is_too_large():
    lead = Difference("control", 0.005, 0.001, 0.01, 30)
    text = told(
        findings.too_large, lead=lead, **of("student", parameters=15_000)
    )
    assert "15,000 weights, the teacher 20,000" in text
    assert "leads the control by +0.5 points" in text
    behind = Difference("control", -0.1, -0.2, -0.05, 30)
    text = told(
        findings.too_large, lead=behind, **of("student", parameters=15_000)
    )
    assert "leads the control by −10.0 points" in text


def test_low_cka_names_the_pair():
    found = synthetic.similarity(0.3)
    text = told(findings.cka_low, similarity=found)
    assert "stage1 and block" in text
    assert "0.30" in text


def test_without_a_control_one_is_asked_for():
    found = dataclasses.replace(
        synthetic.without(synthetic.measured(), "control"), gain=None
    )
    assert "Train the student" in findings.no_control(found)[0]


def test_a_temperature_far_from_the_suggested_one_is_worth_a_try():
    soft = synthetic.softening(suggested=9.0)
    assert "Try a temperature of 9" in told(
        findings.keep_temperature, softening=soft
    )
    assert "Keep the temperature of 4" in told(findings.keep_temperature)


def test_equal_pull_is_the_inverse_of_the_ratio():
    assert "weight / task_weight = 0.5" in told(findings.keep_weight)


def test_methods_that_are_named_exist():
    named = {"fitnet", "knowledge_adjustment", "takd"}
    assert named <= set(methods.names())
