import math

import pytest

from benchmarks import leaderboard_statistics as statistics


def results(*accuracies, start="w", steps=10, cpu=2.0, **more):
    return {
        seed: {
            "accuracy": accuracy,
            "start": start,
            "steps": steps,
            "cpu_seconds": cpu,
            **more,
        }
        for seed, accuracy in enumerate(accuracies)
    }


def test_interval_is_students_over_seeds():
    found = statistics.estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    # sd = sqrt(2.5), error = sqrt(2.5 / 5) = 0.70711; t(4, 97.5 %) = 2.77645
    assert found.mean == 3.0
    assert found.half == pytest.approx(2.77645 * 0.70711, rel=1e-4)
    assert found.low == pytest.approx(3.0 - 1.96325, rel=1e-4)


def test_one_seed_has_no_interval():
    found = statistics.estimate([7.0])
    assert found.mean == 7.0
    assert found.half == math.inf


def test_differences_are_paired_by_seed():
    better = results(0.52, 0.62, 0.72)
    control = results(0.50, 0.60, 0.70)
    found = statistics.paired(better, control)
    # Each seed gains 2 points: no spread, though accuracies differ by 20.
    assert found.mean == pytest.approx(2.0)
    assert found.half == pytest.approx(0.0, abs=1e-9)


def test_of_many_comparisons_holm_keeps_what_chance_does_not_explain():
    # t(4, 97.5 %) = 2.7764: half = 2.7764 errors. Two-sided p with 4 degrees
    # of freedom is 0.05 at 2.7764 errors, 0.0161 at 4, 0.0013 at 8.
    one = statistics.Estimate(4.0, 2.7764)
    assert statistics.beyond_all({"a": one}, 5) == ["a"]
    # Three times 0.0161 is 0.048; four times are 0.064.
    noise = statistics.Estimate(0.1, 2.7764)
    three = {"b": noise, "a": one, "c": noise}
    assert statistics.beyond_all(three, 5) == ["a"]
    assert statistics.beyond_all({**three, "d": noise}, 5) == []
    # What is surer goes first, and leaves one comparison fewer.
    sure = statistics.Estimate(-8.0, 2.7764)
    assert statistics.beyond_all({**three, "d": sure}, 5) == ["d", "a"]


def test_no_correction_makes_a_single_seed_or_no_difference_sure():
    one = statistics.Estimate(4.0, math.inf)
    assert statistics.beyond_all({"a": one}, 1) == []
    same = statistics.Estimate(0.0, 0.0)
    always = statistics.Estimate(0.1, 0.0)
    assert statistics.beyond_all({"a": same, "b": always}, 5) == ["b"]


def test_row_tells_gap_cost_and_agreement():
    row = statistics.row(
        "at",
        results(0.74, 0.76, cpu=3.0, agreement=0.9),
        alone=results(0.70, 0.70, cpu=2.0),
        hinton=results(0.75, 0.75),
        teacher=results(0.80, 0.80),
    )
    assert row.gain.mean == pytest.approx(5.0)
    assert row.over_hinton.mean == pytest.approx(0.0)
    # 5 of the 10 points between the student alone and the teacher.
    assert row.gap == pytest.approx(0.5)
    assert row.agreement == pytest.approx(90.0)
    assert row.cost == pytest.approx(1.5)
    assert row.seeds == 2


@pytest.mark.parametrize("teacher", [(0.69, 0.70), (0.75, 0.66)])
def test_there_is_no_gap_below_a_teacher_that_is_no_better(teacher):
    row = statistics.row(
        "ban",
        results(0.74, 0.76),
        alone=results(0.70, 0.70),
        hinton={},
        teacher=results(*teacher),
    )
    assert row.gap is None
    assert row.over_hinton is None


@pytest.mark.parametrize(
    ("accuracies", "verdict"),
    [
        ((0.72, 0.73, 0.72), "helps"),
        ((0.60, 0.80, 0.71), "open"),
        ((0.62, 0.63, 0.62), "harms"),
        ((0.90,), "open"),
    ],
)
def test_verdict_is_that_of_the_interval(accuracies, verdict):
    alone = results(*[0.70] * len(accuracies))
    row = statistics.row(
        "at", results(*accuracies), alone=alone, hinton={}, teacher={}
    )
    assert row.verdict == verdict


def test_a_control_at_chance_is_refused():
    # Chance 10 %, standard error sqrt(.1 * .9 / 10000) = 0.3 %: 10.9 %.
    broken = results(0.80, 0.108, 0.79)
    found = statistics.refusal(broken, classes=10, examples=10_000)
    assert "at chance (10.9 % or less) on the seeds 1" in found
    fine = results(0.80, 0.12, 0.79)
    assert not statistics.refusal(fine, classes=10, examples=10_000)


def test_no_control_is_no_evidence():
    assert statistics.refusal({}, classes=10, examples=100)
    said = statistics.refusal({}, classes=10, examples=100, error="E: no")
    assert said == "the student alone could not be trained: E: no"


def test_a_student_below_the_classical_model_is_no_fair_baseline():
    alone, svm = results(0.78, 0.79), results(0.80, 0.82)
    # 2 and 3 points below.
    assert "2.5 points below" in statistics.unfair(alone, svm)
    assert not statistics.unfair(svm, alone)


def test_a_baseline_that_is_not_compared_is_not_called_unfair():
    assert not statistics.unfair(results(0.78, 0.79), {})
    assert not statistics.unfair({}, {})


def test_other_weights_or_more_steps_break_the_protocol():
    alone = results(0.7, 0.7)
    assert not statistics.unequal(results(0.8, 0.8), alone)
    assert "initial weights on the seed 0" in statistics.unequal(
        results(0.8, 0.8, start="v"), alone
    )
    assert "11 steps instead of 10" in statistics.unequal(
        results(0.8, 0.8, steps=11), alone
    )
    assert "no control with the seed 2" in statistics.unequal(
        results(0.8, 0.8, 0.8), alone
    )


def test_frontier_holds_what_nothing_cheaper_beats():
    alone = results(0.70, 0.70, cpu=1.0)

    def row(entry, accuracy, cpu):
        return statistics.row(
            entry,
            results(accuracy, accuracy, cpu=cpu),
            alone=alone,
            hinton={},
            teacher={},
        )

    rows = [
        row("cheap", 0.72, 1.0),
        row("worse", 0.71, 2.0),
        row("best", 0.75, 3.0),
        row("dear", 0.75, 4.0),
    ]
    names = [found.entry for found in statistics.frontier(rows)]
    assert names == ["cheap", "best"]
