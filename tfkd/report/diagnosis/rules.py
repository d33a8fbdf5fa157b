"""From measured values to plain recommendations, by stated rules.

The rules stand in the order of how much depends on them. Of those that
apply, the first of each topic is a recommendation, and three are shown; a
rule that names no problem says what to keep or to try next.
"""

import dataclasses

from tfkd.report.answers import MIN_IMAGES
from tfkd.report.diagnosis import findings

COUNT = 3
HEURISTIC = "heuristic"


@dataclasses.dataclass(frozen=True)
class Recommendation:
    """What to do, and why.

    Attributes:
        rule: Name of the rule.
        problem: Whether the rule names a problem.
        title: What to do, a phrase.
        text: The measured values, and what they mean.
        when: When the rule applies.
        source: Where the rule is from, or `"heuristic"`.
    """

    rule: str
    problem: bool
    title: str
    text: str
    when: str
    source: str


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: Its name.
        topic: Of each topic one recommendation is given.
        when: When it applies, in words.
        source: Where it is from, or `"heuristic"`.
        find: From `Measurements` to `(title, text)`, `None` where it does
            not apply.
        problem: Whether it names a problem.
        trusts: Whether it only makes sense with a teacher that is not known
            to be guessing.
    """

    name: str
    topic: str
    when: str
    source: str
    find: object
    problem: bool = True
    trusts: bool = True


def recommend(measured):
    """Returns up to three `Recommendation`s for `Measurements`."""
    found, topics = [], set()
    doubted = measured.guessing("teacher")
    for rule in RULES:
        if rule.topic in topics or (rule.trusts and doubted):
            continue
        told = rule.find(measured)
        if told is not None:
            topics.add(rule.topic)
            found.append(
                Recommendation(
                    rule.name, rule.problem, *told, rule.when, rule.source
                )
            )
    return tuple(found[:COUNT])


RULES = (
    Rule(
        "not_finite",
        "values",
        "a model gives NaN or infinity for an example",
        HEURISTIC,
        findings.not_finite,
        trusts=False,
    ),
    Rule(
        "teacher_at_chance",
        "teacher",
        "the teacher's accuracy is at most two standard errors above that of "
        "always answering the most frequent class",
        HEURISTIC,
        findings.teacher_at_chance,
        trusts=False,
    ),
    Rule(
        "teacher_no_better",
        "teacher",
        "the paired 95 % bootstrap interval of teacher minus control (minus "
        "student without a control) does not lie above 0, or fewer than "
        f"{MIN_IMAGES} examples are right for one of the two alone",
        HEURISTIC,
        findings.teacher_no_better,
    ),
    Rule(
        "distillation_harms",
        "gain",
        "the paired 95 % bootstrap interval of student minus control lies "
        f"below 0, and at least {MIN_IMAGES} examples are right for one of the "
        "two alone",
        HEURISTIC,
        findings.harmful,
        trusts=False,
    ),
    Rule(
        "label_conflicts",
        "labels",
        f"on more than {100 * findings.CONFLICTS:.0f} % of the labelled "
        "examples the teacher is at least 90 % sure of another class",
        HEURISTIC,
        findings.conflicts,
    ),
    Rule(
        "teacher_memorised",
        "teacher",
        "the teacher is right on at least 99 % of the training examples and "
        f"on more than {100 * findings.MEMORISED:.0f} points fewer of the "
        "others",
        "heuristic, after Cho and Hariharan, ICCV 2019, arXiv:1910.01348",
        findings.memorised,
    ),
    Rule(
        "targets_too_hard",
        "temperature",
        "the entropy of soft targets is below "
        f"{100 * findings.HARD:.0f} % of ln C; the suggested temperature makes "
        "it a half, within 1 and 20",
        "heuristic; 20 is what Hinton et al. took on MNIST, arXiv:1503.02531",
        findings.hard,
    ),
    Rule(
        "targets_too_soft",
        "temperature",
        "the entropy of soft targets is above "
        f"{100 * findings.SOFT:.0f} % of ln C",
        HEURISTIC,
        findings.soft,
    ),
    Rule(
        "teacher_overconfident",
        "temperature",
        "the teacher's mean confidence is more than "
        f"{100 * findings.OVERCONFIDENT:.0f} points above its accuracy, and "
        "the temperature is below the calibrating or the suggested one",
        "heuristic; the calibrating temperature is that of Guo et al., ICML "
        "2017, arXiv:1706.04599",
        findings.overconfident,
    ),
    Rule(
        "gradients_apart",
        "weight",
        "the mean cosine of the two gradients on new initial weights is "
        f"below {findings.UNRELATED}",
        "heuristic; below 0 it is a conflict as Yu et al. define it, NeurIPS "
        "2020, arXiv:2001.06782",
        findings.opposed,
        trusts=False,
    ),
    Rule(
        "few_labels",
        "data",
        f"fewer than {findings.LABELS_A_CLASS} labelled training examples a "
        "class, and none without a label",
        HEURISTIC,
        findings.few_labels,
    ),
    Rule(
        "student_too_small",
        "capacity",
        "on training examples the student agrees with the teacher on less "
        f"than {100 * findings.FOLLOWS:.0f} % and is more than "
        f"{100 * findings.UNDERFITTED:.0f} points behind",
        "heuristic; assistants: Mirzadeh et al., AAAI 2020, arXiv:1902.03393",
        findings.too_small,
    ),
    Rule(
        "student_overfitted",
        "data",
        f"the student is more than {100 * findings.OVERFITTED:.0f} points "
        "better on training examples than on others",
        "heuristic, after Beyer et al., CVPR 2022, arXiv:2106.05237",
        findings.overfitted,
    ),
    Rule(
        "student_too_large",
        "capacity",
        f"the teacher has less than {findings.NEAR:.0f} times the student's "
        "weights, and leads the control by less than a point",
        HEURISTIC,
        findings.too_large,
    ),
    Rule(
        "features_differ",
        "features",
        f"the mean CKA of the suggested pairs is below {findings.ALIKE}",
        HEURISTIC,
        findings.cka_low,
    ),
    Rule(
        "no_control",
        "control",
        "examples have labels, and no control was given",
        HEURISTIC,
        findings.no_control,
        trusts=False,
    ),
    Rule(
        "temperature_in_range",
        "temperature",
        "no other rule on the temperature applies",
        HEURISTIC,
        findings.keep_temperature,
        problem=False,
    ),
    Rule(
        "gradients_agree",
        "weight",
        "the mean cosine of the two gradients on new initial weights is at "
        f"least {findings.UNRELATED}",
        HEURISTIC,
        findings.keep_weight,
        problem=False,
    ),
    Rule(
        "features_agree",
        "features",
        f"the mean CKA of the suggested pairs is at least {findings.ALIKE}",
        HEURISTIC,
        findings.logits_first,
        problem=False,
    ),
)
