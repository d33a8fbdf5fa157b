"""What two detectors say about the same regions of an image."""

import keras
import numpy as np
from keras import ops

from tfkd.distances.huber import huber
from tfkd.distances.sigmoid_kl import sigmoid_kl
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import box_labels
from tfkd.losses.labels import labelled_examples

_READ = ("scores", "boxes", "confidence")
_DISTANCES = ("square", "huber", "probability", "cross_entropy")
# Draws of regions, of which each step takes the next.
_DRAWS = 64


@keras.saving.register_keras_serializable("tfkd")
class RegionMatch(KDLoss):
    """Agreement of an old detector and a new one, which knows more classes.

    Equation:  L = sum_(r in R) mean_i D(f(t_r)_i, f(s_r)_i) / |R|
               D = (a - b)^2, or Huber's loss; for scores also
               (sigmoid a - sigmoid b)^2, or
               KL(Bernoulli(sigmoid a) || Bernoulli(sigmoid b))
    Symbols:   t, s (batch, regions, k + classes) the teacher's and the
               student's answers: k = `numbers` that say where, such as a box
               relative to an anchor, and a logit a class, the teacher's n
               classes first; f takes the box
               (`read` of `"boxes"`), the n logits (`"scores"`), or the
               largest of them (`"confidence"`); less the mean of all of a
               network's own logits if `centred`. R all regions; or, of the
               M = `candidates` of which the teacher is most confident, N =
               `regions` that are drawn anew at each step; of these those of
               a confidence sigmoid(max_c t_rc) >= `threshold`. L is 0 where
               there is none. With `by_confidence`, sums over R, and |R|, count
               each region by the teacher's confidence, and a sum of these
               below 1 as 1. With `unlabelled_only`, images of which
               something is known count 0, and the mean over the batch is
               that over the others. In nats, or squared units.

    Args:
        read: `"scores"`, `"boxes"` or `"confidence"`.
        distance: D: `"square"`, `"huber"`, `"probability"` or
            `"cross_entropy"`, the last two not of boxes.
        centred: Whether logits are centred; of scores alone.
        candidates: M >= 1, all regions if absent.
        regions: N >= 1, at most M; all M if absent.
        threshold: In [0, 1).
        by_confidence: Whether regions weigh as much as the teacher is sure.
        numbers: k >= 1.
        unlabelled_only: Whether only images count of which nothing is known:
            see `tfkd.tasks.detection.unlabelled`.
        seed: Whole number behind the draws; losses of one seed draw alike.
        teacher_tap: Name of t.
        student_tap: Name of s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If arguments do not fit each other, or taps are no
            answers of detectors with the same regions.
    """

    def __init__(
        self,
        *,
        read,
        distance="square",
        centred=False,
        candidates=None,
        regions=None,
        threshold=0.0,
        by_confidence=False,
        numbers=4,
        unlabelled_only=False,
        seed=0,
        teacher_tap="outputs",
        student_tap="outputs",
        name="regions",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if read not in _READ:
            raise unknown("part of a detector's answer", read, _READ)
        if distance not in _DISTANCES:
            raise unknown("distance of regions", distance, _DISTANCES)
        of_logits = distance in ("probability", "cross_entropy")
        if (read == "boxes" and of_logits) or (
            centred and (read != "scores" or of_logits)
        ):
            raise InputError(
                "Probabilities are those of logits that are not centred, and "
                "only scores are centred; received "
                f"read={read!r}, distance={distance!r}, centred={centred!r}."
            )
        counts = [n for n in (regions, candidates) if n is not None]
        if (
            any(int(n) != n or n < 1 for n in (*counts, numbers))
            or sorted(counts) != counts
            or not 0 <= threshold < 1
        ):
            raise InputError(
                "Regions are drawn from at least as many candidates, both "
                "whole numbers >= 1, above a threshold in [0, 1), and have "
                f"numbers >= 1; received regions={regions!r}, "
                f"candidates={candidates!r}, threshold={threshold!r}, "
                f"numbers={numbers!r}."
            )
        self.read = read
        self.distance = distance
        self.centred = bool(centred)
        self.candidates = candidates
        self.regions = regions
        self.threshold = threshold
        self.by_confidence = bool(by_confidence)
        self.numbers = int(numbers)
        self.unlabelled_only = bool(unlabelled_only)
        self.needs_labels = self.unlabelled_only
        self.seed = seed
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if (
            len(theirs) != 3
            or len(own) != 3
            or None in (*theirs[1:], *own[1:])
            or theirs[1] != own[1]
            or not self.numbers < theirs[2] <= own[2]
        ):
            raise InputError(
                f"{self.name} compares detectors that answer for the same "
                f"regions, (batch, regions, {self.numbers} + classes), of "
                "which the student knows no fewer classes; received taps of "
                f"shapes {theirs} and {own}. Use models such as "
                "tfkd.tasks.detection.model()."
            )
        count = theirs[1]
        self.known = theirs[2] - self.numbers
        self.candidate_count = min(self.candidates or count, count)
        self.region_count = min(
            self.regions or self.candidate_count, self.candidate_count
        )
        random = np.random.default_rng(self.seed)
        self.draws = random.uniform(0.5, 1.0, (_DRAWS, count))
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        weight = self.chosen(teacher[self.teacher_taps[0]], step)
        found = self.compare(teacher, student, weight)
        if not self.unlabelled_only:
            return found
        # Of whole numbers, boxes could not be told from a mask.
        boxes = ops.cast(box_labels(labels, self.name), "float32")
        unknown = 1.0 - labelled_examples(boxes, self.name)
        unknown = ops.cast(unknown, found.dtype)
        return unknown * found / ops.maximum(ops.mean(unknown), 1e-6)

    def compare(self, teacher, student, weight):
        """Returns the unweighted loss of each image.

        Args:
            teacher: Taps.
            student: Taps.
            weight: What regions count, see `chosen`.
        """
        first = self._read(teacher[self.teacher_taps[0]])
        second = self._read(student[self.student_taps[0]])
        if self.distance == "cross_entropy":
            each = sigmoid_kl(first, second)
        elif self.distance == "probability":
            each = ops.square(ops.sigmoid(first) - ops.sigmoid(second))
        elif self.distance == "huber":
            each = huber(first - second)
        else:
            each = ops.square(first - second)
        total = ops.sum(weight * ops.mean(each, axis=-1), axis=-1)
        return total / ops.maximum(ops.sum(weight, axis=-1), 1.0)

    def chosen(self, answers, step):
        """Returns what regions in R count, others 0: `(batch, regions)`."""
        confidence = ops.max(answers[..., self.numbers :], axis=-1)
        kept = _largest(confidence, self.candidate_count)
        if self.region_count < self.candidate_count:
            draws = ops.convert_to_tensor(self.draws, confidence.dtype)
            row = ops.take(draws, ops.cast(step, "int32") % _DRAWS, axis=0)
            kept = _largest(kept * row[None], self.region_count)
        confidence = ops.sigmoid(confidence)
        sure = ops.cast(confidence >= self.threshold, kept.dtype)
        return kept * sure * (confidence if self.by_confidence else 1.0)

    def _read(self, answers):
        if self.read == "boxes":
            return answers[..., : self.numbers]
        logits = answers[..., self.numbers :]
        known = logits[..., : self.known]
        if self.read == "confidence":
            return ops.max(known, axis=-1, keepdims=True)
        if self.centred:
            return known - ops.mean(logits, axis=-1, keepdims=True)
        return known

    def get_config(self):
        return {
            **super().get_config(),
            "read": self.read,
            "distance": self.distance,
            "centred": self.centred,
            "candidates": self.candidates,
            "regions": self.regions,
            "threshold": self.threshold,
            "by_confidence": self.by_confidence,
            "numbers": self.numbers,
            "unlabelled_only": self.unlabelled_only,
            "seed": self.seed,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }


def _largest(x, count):
    """Marks the `count` largest of each row by 1; the first of equal ones."""
    if count == x.shape[-1]:
        return ops.ones_like(x)
    _, places = ops.top_k(x, count)
    return ops.sum(ops.one_hot(places, x.shape[-1], dtype=x.dtype), axis=1)
