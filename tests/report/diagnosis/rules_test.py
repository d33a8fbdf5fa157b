import pathlib

import pytest

from tests.report.diagnosis import synthetic
from tfkd.report.diagnosis import rules
from tfkd.report.diagnosis.measurements import Difference

ROOT = pathlib.Path(__file__).parents[3]


def names(found):
    return [advice.rule for advice in rules.recommend(found)]


def test_without_a_problem_three_rules_say_what_to_keep():
    found = rules.recommend(synthetic.measured())
    assert [advice.rule for advice in found] == [
        "temperature_in_range",
        "gradients_agree",
        "features_agree",
    ]
    assert not any(advice.problem for advice in found)


def test_problems_come_first_in_the_order_of_the_rules():
    found = synthetic.measured(
        softening=synthetic.softening(share=0.05, suggested=8.0),
        similarity=synthetic.similarity(0.2),
        conflict_share=0.2,
    )
    assert names(found) == [
        "label_conflicts",
        "targets_too_hard",
        "features_differ",
    ]


def test_a_topic_is_told_once():
    found = synthetic.measured(
        lead=Difference("control", -0.01, -0.03, 0.01, 30),
        models=synthetic.models(teacher={"train_accuracy": 1.0}),
    )
    assert "teacher_no_better" in names(found)
    assert "teacher_memorised" not in names(found)


def test_nothing_is_derived_from_a_teacher_that_guesses():
    found = synthetic.measured(
        models=synthetic.models(teacher={"accuracy": 0.35}),
        conflict_share=0.5,
        gain=Difference("control", -0.4, -0.5, -0.3, 30),
    )
    assert names(found) == ["teacher_at_chance", "distillation_harms"]


def test_at_most_three_are_given():
    found = synthetic.measured(
        models=synthetic.models(student={"not_finite": 2}),
        conflict_share=0.5,
        similarity=synthetic.similarity(0.2),
        softening=synthetic.softening(share=0.95, suggested=1.5),
    )
    assert names(found) == ["not_finite", "label_conflicts", "targets_too_soft"]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_every_rule_says_when_it_applies_and_where_it_is_from(rule):
    assert rule.source.startswith("heuristic")
    assert rule.when[0].islower()
    assert not rule.when.endswith(".")


def test_names_of_rules_are_unique():
    assert len({rule.name for rule in rules.RULES}) == len(rules.RULES)


def test_each_topic_with_a_rule_for_what_to_keep_ends_with_it():
    for topic in {rule.topic for rule in rules.RULES}:
        kinds = [rule.problem for rule in rules.RULES if rule.topic == topic]
        assert kinds == sorted(kinds, reverse=True)


def test_the_guide_lists_every_rule():
    guide = (ROOT / "docs/guides/diagnose.md").read_text(encoding="utf-8")
    listed = [line for line in guide.splitlines() if line.startswith("| `")]
    assert listed == [
        f"| `{rule.name}` | {rule.topic} | {rule.when} |"
        for rule in rules.RULES
    ]
