"""The survey's open questions: what a sweep's points are compared by.

A question parts the points into two sides; `answers` compares them.
"""

import dataclasses
import json
from collections.abc import Callable

from tfkd import methods
from tfkd.errors import unknown


@dataclasses.dataclass(frozen=True)
class Point:
    """What a rule sees of a point of a sweep.

    Attributes:
        number: Counted from 1.
        label: The swept fields as a person reads them.
        fields: Config field to value as text.
        last: Whether it is the last of the sweep.
        teacher: Its test accuracy, a fraction.
        eval_accuracy: Mean over the students' seeds, a fraction.
        student: Seed to test accuracy, a fraction.
        control: Likewise of the student alone.
        images: Test images.
    """

    number: int
    label: str
    fields: dict
    last: bool
    teacher: float
    eval_accuracy: float
    student: dict
    control: dict
    images: int

    @property
    def section(self):
        """The family of its method, such as `"logits"`; None if not swept."""
        name = self.fields.get("distillation.method")
        return methods.get(name).section if name else None


@dataclasses.dataclass(frozen=True)
class Question:
    """A question about two sides.

    Attributes:
        text: The question.
        names: What the two sides are.
        sides: Called with a point; tells its side, 0 or 1, or `None`.
        better: The answer if side 0 is better beyond noise.
        worse: The answer if side 1 is.
        equal: The answer otherwise.
    """

    text: str
    names: tuple
    sides: Callable
    better: str
    worse: str
    equal: str


def _generation_side(point):
    generations = point.fields.get("distillation.arguments.generations")
    return (0 if int(generations) > 1 else 1) if generations else None


def _families(first, second):
    def side(point):
        if point.section in first:
            return 0
        return 1 if point.section in second else None

    return side


QUESTIONS = {
    "bigger_teachers": Question(
        text="Are bigger and longer trained teachers better?",
        names=("the last teacher of the ladder", "the others"),
        sides=lambda point: 0 if point.last else 1,
        better="Yes: the last teacher of the ladder has the best students.",
        worse="No: a teacher before the last has better students.",
        equal="No difference beyond noise between the last teacher and one "
        "before it.",
    ),
    "logits_or_features": Question(
        text="Is knowledge from logits or from features better?",
        names=("logits", "features"),
        sides=_families(("logits",), ("features",)),
        better="Logits are better.",
        worse="Features are better.",
        equal="No difference beyond noise between logits and features.",
    ),
    "is_a_teacher_needed": Question(
        text="Is a teacher needed, or do students teach themselves as well?",
        names=("with a teacher", "without one"),
        sides=_families(("logits",), ("online", "self")),
        better="Yes: students with a teacher are better.",
        worse="No: students without a teacher are better.",
        equal="No difference beyond noise between students with a teacher and "
        "without.",
    ),
    "one_or_many_teachers": Question(
        text="Is one teacher enough, or are several better?",
        names=("one teacher", "several teachers"),
        sides=_families(("logits",), ("multi_teacher",)),
        better="One teacher is better.",
        worse="Several teachers are better.",
        equal="No difference beyond noise between one teacher and several.",
    ),
    "born_again": Question(
        text="Are networks that are born again better, generation after "
        "generation?",
        names=("later generations", "the first generation"),
        sides=_generation_side,
        better="Yes: a later generation is better than the first.",
        worse="No: the first generation is better than later ones.",
        equal="No difference beyond noise between the first generation and "
        "later ones.",
    ),
}


def get(name):
    """Returns the question of this name.

    Raises:
        InputError: If there is none; the message lists close names.
    """
    if name not in QUESTIONS:
        raise unknown("question", name, QUESTIONS)
    return QUESTIONS[name]


def points(rows, fields, total):
    """Returns a `Point` for each row of a sweep that was measured.

    Args:
        rows: See `tfkd.report.sweep.render`; with `student_seeds` and
            `control_seeds` as JSON, `eval_accuracy` and `test_examples`.
        fields: Names of the swept fields.
        total: Points of the whole sweep.
    """
    return [
        Point(
            number=row["point"],
            label=label(row, fields),
            fields={field: row[field] for field in fields},
            last=row["point"] == total,
            teacher=row["teacher_accuracy"],
            eval_accuracy=row["eval_accuracy"],
            student=json.loads(row["student_seeds"]),
            control=json.loads(row["control_seeds"]),
            images=row["test_examples"],
        )
        for row in rows
        if row["student_accuracy"] != ""
    ]


def label(row, fields):
    """Returns the swept fields that a point has, as `name=value, ...`."""
    return ", ".join(
        f"{field.rpartition('.')[2]}={row[field]}"
        for field in fields
        if row[field] != ""
    )
