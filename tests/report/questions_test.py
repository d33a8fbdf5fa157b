import pytest

from tests.report.asked_rows import FIELDS
from tests.report.asked_rows import row
from tfkd.errors import InputError
from tfkd.report import answers
from tfkd.report import questions


def test_an_unknown_question_names_the_close_ones():
    with pytest.raises(InputError, match="bigger_teachers"):
        questions.get("biger_teachers")


def test_points_are_the_measured_rows_with_the_fields_that_they_have():
    failed = row(2, "at", [0.9], chosen_by=0.9) | {"student_accuracy": ""}
    rows = [
        row(1, "hinton_kd", [0.9, 0.8], chosen_by=0.7, temperature="4.0"),
        failed,
        row(3, "at", [0.85], chosen_by=0.6),
    ]
    first, last = questions.points(rows, FIELDS, total=3)
    assert first.label == "method=hinton_kd, temperature=4.0"
    assert first.student == {"0": 0.9, "1": 0.8}
    assert (first.section, first.last) == ("logits", False)
    assert last.label == "method=at"
    assert (last.section, last.last) == ("features", True)


@pytest.mark.parametrize("name", sorted(questions.QUESTIONS))
def test_a_sweep_over_other_fields_leaves_a_question_open(name):
    swept = row(1, "ban", [0.9], chosen_by=0.7) | {"seed": "1"}
    [point] = questions.points([swept], ["seed"], total=1)
    question = questions.get(name)
    expected = 0 if name == "bigger_teachers" else None
    assert question.sides(point) == expected
    assert answers.answer(question, [point]).verdict.startswith("Open")
