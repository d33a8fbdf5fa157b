from tests.report.asked_rows import FIELDS
from tests.report.asked_rows import row
from tfkd.report import answers
from tfkd.report import questions
from tfkd.report import sweep


def rendered(rows, total):
    return sweep.render(
        "logits_or_features",
        rows,
        FIELDS,
        total=total,
        question=questions.get("logits_or_features"),
    )


def test_the_page_shows_answer_figure_and_rule_when_all_points_have_run():
    rows = [
        row(1, "hinton_kd", [0.95] * 3, chosen_by=0.9, temperature="4.0"),
        row(2, "at", [0.85] * 3, chosen_by=0.9),
    ]
    page = rendered(rows, total=2)
    assert "<strong>Logits are better.</strong>" in page
    assert "+10.0 ± 0.0 points over 3 seeds" in page
    assert "method=hinton_kd, temperature=4.0: 95.0 %; method=at: 85.0 %" in (
        page
    )
    assert answers.RULE.replace("'", "&#39;") in page
    early = rendered(rows[:1], total=2)
    assert "The answer comes when all points have run" in early
    assert "Logits are better" not in early
