import numpy as np
import pytest

from tests.report.diagnosis import synthetic
from tfkd.report.diagnosis import measure
from tfkd.report.diagnosis.examples import Examples

Y = np.array([0, 0, 0, 1, -1])
RIGHT = np.array([[2, 0], [2, 0], [2, 0], [0, 2], [0, 2]], np.float32)
WRONG = RIGHT[:, ::-1]
FOUND = Examples(np.zeros((5, 2), np.float32), Y)


def test_chance_is_the_largest_class_plus_two_standard_errors():
    # 75 of 100: sqrt(0.75 * 0.25 / 100) = 0.0433.
    found = measure._chance(np.repeat(Y[:4], 25))
    assert found == pytest.approx(0.75 + 2 * 0.0433, abs=1e-4)
    assert measure._chance(Y[:0]) is None


def test_where_one_class_is_nearly_all_no_model_is_told_from_guessing():
    # 99 of 100: 0.99 + 2 sqrt(0.99 * 0.01 / 100) = 1.01.
    assert measure._chance(np.arange(100) == 0) is None
    assert measure._chance(np.zeros(9, int)) is None
    found = synthetic.measured(chance=None)
    assert not found.guessing("teacher")
    assert not found.trained("teacher")


def test_a_teacher_that_never_errs_has_no_calibrating_temperature():
    assert measure._calibrating(RIGHT[:4], Y[:4]) is None
    assert measure._calibrating(RIGHT[:0], Y[:0]) is None
    assert measure._calibrating(WRONG[:4], Y[:4]) == pytest.approx(20.0)


def test_classes_are_compared_on_labelled_examples_with_finite_answers():
    student = RIGHT.copy()
    student[0] = np.nan
    logits = {"teacher": RIGHT, "control": WRONG, "student": student}
    assert measure._by_class(FOUND, logits) == ((0, 2, 1.0), (1, 1, 1.0))
    del logits["control"]
    assert measure._by_class(FOUND, logits) == ((0, 2, 0.0), (1, 1, 0.0))


def test_the_lead_is_over_the_control_or_else_the_student():
    logits = {"teacher": RIGHT, "control": WRONG, "student": RIGHT}
    assert measure._lead(FOUND, logits).mean == 1.0
    del logits["control"]
    lead = measure._lead(FOUND, logits)
    assert (lead.over, lead.mean) == ("student", 0.0)


def test_conflicts_are_the_sure_disagreements_the_surest_first():
    logits = np.array([[0, 1], [0, 9], [9, 0], [0, 9], [0, 9]], np.float32)
    shown, share = measure._conflicts(FOUND, logits)
    assert [conflict.index for conflict in shown] == [1, 0]
    assert shown[0].confidence == pytest.approx(1 / (1 + np.exp(-9)))
    # The first is 73 % sure: shown, and no conflict.
    assert share == 1 / 4


def test_temperatures_are_suggested_in_halves_from_one():
    assert [measure._rounded(t) for t in (0.3, 4.2, 4.3)] == [1.0, 4.0, 4.5]


def test_facts_are_those_of_the_labelled_examples():
    model = synthetic.reader(0)
    logits = {"teacher": RIGHT, "student": WRONG}
    facts = measure._facts("student", model, FOUND, logits, None, None)
    assert (facts.accuracy, facts.agreement) == (0.0, 0.0)
    assert facts.confidence == pytest.approx(1 / (1 + np.exp(-2)))
    assert facts.train_accuracy is None


def test_a_difference_counts_the_examples_that_one_alone_gets_right():
    logits = {"teacher": RIGHT, "student": WRONG}
    lead = measure._lead(FOUND, logits)
    # The interval has no width, and four examples could be chance.
    assert (lead.low, lead.high, lead.discordant) == (1.0, 1.0, 4)
    assert lead.few
    assert not lead.above


def test_labels_are_counted_on_more_examples_than_are_measured(monkeypatch):
    monkeypatch.setattr(measure, "LIMIT", 30)
    x, y = synthetic.rows(330)
    models = [synthetic.reader(seed, width=2) for seed in (0, 1)]
    measured = measure.measure(
        *models,
        (x[:60], y[:60]),
        train=(x, np.where(np.arange(330) < 309, y, -1)),
        control=None,
        class_names=None,
        temperature=4.0,
    )
    assert (measured.examples, measured.train_examples) == (30, 30)
    assert (measured.train_labelled, measured.train_unlabelled) == (309, 21)


def test_cka_sees_all_classes_of_sorted_examples(monkeypatch):
    monkeypatch.setattr(measure, "CKA_EXAMPLES", 30)
    monkeypatch.setattr(
        measure.similarity, "compare", lambda teacher, student, x: x
    )
    x = np.arange(300, dtype=np.float32).reshape(300, 1)
    logits = {"teacher": np.zeros((300, 3)), "student": np.zeros((300, 3))}
    found = Examples(x, np.repeat([0, 1, 2], 100))
    models = {"teacher": None, "student": None}
    first, second = (
        measure._similarity(models, found, logits, []) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert set(first[:, 0].astype(int) // 100) == {0, 1, 2}
    assert len(first) == 30
