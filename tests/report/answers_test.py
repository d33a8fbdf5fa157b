import math

import pytest

from tests.report.asked_rows import FIELDS
from tests.report.asked_rows import row
from tfkd.report import answers
from tfkd.report import questions

CONTROL = {"0": 0.80, "1": 0.82, "2": 0.84}


def answer(name, rows, total=None):
    measured = questions.points(rows, FIELDS, total or len(rows))
    return answers.answer(questions.get(name), measured)


def test_differences_are_paired_by_seed():
    first = {"0": 0.90, "1": 0.92, "2": 0.94}
    found = answers.difference(first, CONTROL | {"7": 0.1}, 500)
    # 0.1 for each seed: the seeds differ, the differences do not.
    assert found.mean == pytest.approx(0.1)
    assert found.error == pytest.approx(0.0, abs=1e-12)
    assert found.seeds == 3
    assert found.beyond_noise
    assert str(found) == "+10.0 ± 0.0 points"


def test_noise_is_the_interval_of_students_t():
    # Differences d - e, d, d + e: standard error e / sqrt(3); the quantile of
    # 2 degrees of freedom is 4.303, so that d must exceed 2.484 e.
    def found(mean):
        first = {"0": mean - 0.01, "1": mean, "2": mean + 0.01}
        return answers.difference(first, dict.fromkeys("012", 0.0), 10_000)

    assert found(0.0).error == pytest.approx(0.01 / math.sqrt(3))
    assert not found(0.0248).beyond_noise
    assert found(0.0249).beyond_noise
    assert found(-0.0249).beyond_noise


def test_five_test_images_are_no_difference():
    def found(images):
        first = dict.fromkeys("012", images / 500)
        return answers.difference(first, dict.fromkeys("012", 0.0), 500)

    assert not found(5).beyond_noise
    assert found(6).beyond_noise


def test_two_seeds_are_too_few_for_an_answer():
    rows = [
        row(1, "hinton_kd", [0.97, 0.98], chosen_by=0.9),
        row(2, "at", [0.82, 0.83], chosen_by=0.9),
    ]
    found = answer("logits_or_features", rows)
    assert found.verdict == (
        "Open: 2 seeds in common are too few, 3 are needed."
    )


def test_each_family_is_represented_by_the_choice_of_the_eval_split():
    rows = [
        row(1, "hinton_kd", [0.95] * 3, chosen_by=0.90, temperature="1.0"),
        row(2, "hinton_kd", [0.90] * 3, chosen_by=0.95, temperature="4.0"),
        row(3, "at", [0.85, 0.86, 0.84], chosen_by=0.85),
        row(4, "sp", [0.99] * 3, chosen_by=0.80),
        # Neither of the two families.
        row(5, "dml", [0.99] * 3, chosen_by=0.99),
    ]
    found = answer("logits_or_features", rows)
    assert found.verdict == "Logits are better."
    logits, features, difference = found.reasons
    assert "method=hinton_kd, temperature=4.0, with 90.0 %" in logits
    # +10, +8, +6: mean 8, deviation 2, error 2 / sqrt(3) = 1.15.
    assert "+8.0 ± 1.2 points over the student alone (beyond" in logits
    assert "Chosen of features: method=at, with 85.0 %" in features
    assert "+5.0 ± 0.6 points over 3 seeds, on 500" in difference


def test_features_can_win_too():
    rows = [
        row(1, "hinton_kd", [0.85] * 3, chosen_by=0.9),
        row(2, "at", [0.95] * 3, chosen_by=0.9),
    ]
    found = answer("logits_or_features", rows)
    assert found.verdict == "Features are better."


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        ([0.93, 0.94, 0.95], "Yes"),
        ([0.83, 0.84, 0.85], "No:"),
        ([0.86, 0.90, 0.93], "No difference beyond noise"),
    ],
)
def test_the_last_teacher_is_compared_with_the_chosen_other(last, verdict):
    rows = [
        row(1, "hinton_kd", [0.99] * 3, chosen_by=0.7),
        row(2, "hinton_kd", [0.89, 0.89, 0.89], chosen_by=0.8),
        row(3, "hinton_kd", last, chosen_by=0.6),
    ]
    assert answer("bigger_teachers", rows).verdict.startswith(verdict)


def test_without_its_last_point_the_ladder_has_no_answer():
    rows = [row(1, "hinton_kd", [0.99] * 3, chosen_by=0.7)]
    assert answer("bigger_teachers", rows, total=2).verdict == (
        "Open: no point of the last teacher of the ladder was measured."
    )
