"""What a diagnosis has measured."""

import dataclasses

import numpy as np

from tfkd.report.answers import MIN_IMAGES
from tfkd.report.diagnosis.gradients import Gradients
from tfkd.report.diagnosis.similarity import Similarity


@dataclasses.dataclass(frozen=True)
class ModelFacts:
    """What was measured of one model; `None` where it could not be.

    Attributes:
        parameters: Number of weights.
        not_finite: Examples with NaN or infinity in the answer.
        accuracy: On the labelled examples.
        interval: Its 95 % bootstrap interval over examples.
        train_accuracy: On the labelled training examples.
        confidence: Mean of the largest probability.
        ece: Expected calibration error.
        nll: Negative log likelihood of the labels, in nats.
        reliability: See `tfkd.metrics.reliability`.
        agreement: Share of examples with the teacher's answer.
        train_agreement: Likewise of the training examples.
    """

    parameters: int
    not_finite: int
    accuracy: float | None = None
    interval: tuple | None = None
    train_accuracy: float | None = None
    confidence: float | None = None
    ece: float | None = None
    nll: float | None = None
    reliability: dict | None = None
    agreement: float | None = None
    train_agreement: float | None = None


@dataclasses.dataclass(frozen=True)
class Difference:
    """One model's accuracy minus another's on the same examples.

    Attributes:
        over: The other model's role.
        mean: As a fraction of 1.
        low: Lower end of the paired 95 % bootstrap interval over examples.
        high: Its upper end.
        discordant: Examples that one model alone gets right. The interval is
            too narrow where they are few: one of them gives no width at all.
    """

    over: str
    mean: float
    low: float
    high: float
    discordant: int

    @property
    def few(self):
        """Whether no sign test could tell the difference from chance."""
        return self.discordant < MIN_IMAGES

    @property
    def above(self):
        """Whether it is more than chance explains."""
        return self.low > 0 and not self.few

    @property
    def below(self):
        """Whether it is a loss beyond what chance explains."""
        return self.high < 0 and not self.few


@dataclasses.dataclass(frozen=True)
class Softening:
    """What the temperature makes of the teacher's answers.

    Attributes:
        where: `"training examples"` if there are any, else `"examples"`.
        entropies: Temperature to mean entropy, in nats.
        share: Entropy at the temperature in use, as a share of ln C.
        suggested: Temperature at which the share is a half, within 1 and 20.
        calibrating: Temperature that calibrates the teacher, `None` without
            labels, and where all its answers are right: then the lower, the
            likelier are the labels.
    """

    where: str
    entropies: dict
    share: float
    suggested: float
    calibrating: float | None


@dataclasses.dataclass(frozen=True)
class Conflict:
    """An example on which the teacher is sure of another class than its label.

    Attributes:
        index: Row in the whole data set.
        label: The label's class number.
        answer: The teacher's.
        confidence: Its probability.
        example: The example itself.
    """

    index: int
    label: int
    answer: int
    confidence: float
    example: np.ndarray


@dataclasses.dataclass(frozen=True)
class Measurements:
    """Everything that rules and page are made from.

    Attributes:
        examples: Number of examples that were drawn.
        labelled: Of them with a label.
        train_labelled: Labelled ones of all training examples, `None` without
            any and where they were too many to be read to the end.
        train_unlabelled: Unlabelled ones, likewise.
        train_examples: Training examples that were drawn, `None` without any.
        class_names: Names of the classes.
        chance: Accuracy of always answering the most frequent class, plus
            two standard errors; `None` without labels, or where that
            reaches 1: then no model can be told from guessing.
        temperature: T that the student is distilled with.
        models: `"teacher"`, `"control"`, `"student"` to `ModelFacts`.
        lead: Teacher minus control, or student where there is no control.
        gain: Student minus control.
        classes: `(class number, examples, student minus base)`, by class.
        softening: `Softening`, `None` if the teacher is never finite.
        similarity: `Similarity` or `None`.
        gradients: `Gradients` or `None`.
        conflicts: The surest conflicts, the surest first.
        conflict_share: Share of labelled examples in conflict.
        notes: What was not measured, and why.
    """

    examples: int
    labelled: int
    train_labelled: int | None
    train_unlabelled: int | None
    train_examples: int | None
    class_names: tuple
    chance: float | None
    temperature: float
    models: dict
    lead: Difference | None = None
    gain: Difference | None = None
    classes: tuple = ()
    softening: Softening | None = None
    similarity: Similarity | None = None
    gradients: Gradients | None = None
    conflicts: tuple = ()
    conflict_share: float | None = None
    notes: tuple = ()

    @property
    def base(self):
        """The role that the student is compared with: control or teacher."""
        return "control" if "control" in self.models else "teacher"

    def trained(self, role):
        """Whether a model is known to be better than guessing."""
        return self._better(role) is True

    def guessing(self, role):
        """Whether a model is known to be no better than guessing."""
        return self._better(role) is False

    def _better(self, role):
        facts = self.models.get(role)
        if facts is None or None in (facts.accuracy, self.chance):
            return None
        return facts.accuracy > self.chance
