"""When a student that watches a stream asks its teacher, and learns."""

import collections

import keras
import numpy as np

from tfkd.distillers.stream import StreamLog
from tfkd.distillers.stream import agreement
from tfkd.errors import InputError


class _Plan:
    """Settings that are whole numbers, but for shares in [0, 1]."""

    shares = ()

    def __init__(self, **settings):
        for name, value in settings.items():
            share = name in self.shares
            whole = not share and int(value) == value and value >= 1
            if not whole and not (share and 0 <= value <= 1):
                wanted = "in [0, 1]" if share else "a whole number >= 1"
                raise InputError(
                    f"{name} of {type(self).__name__} must be {wanted}, "
                    f"received {value!r}."
                )
            setattr(self, name, float(value) if share else int(value))
        self._settings = tuple(settings)

    def get_config(self):
        return {name: getattr(self, name) for name in self._settings}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable("tfkd")
class AdaptiveStride(_Plan):
    """Asks the more seldom, the better the student agrees with the teacher.

    Every frame whose number is a multiple of the stride s is shown to the
    teacher. The student is updated on it until it agrees, or U times; then

    Equation:  s <- min(2 s, s_max)  if A > a,  max(s / 2, s_min)  else
    Symbols:   A mean IoU of both answers; a = `threshold`; U = `updates`;
               s_min = `minimum`, where s starts, s_max = `maximum`.
    Paper:     Mullapudi et al., *Online Model Distillation for Efficient
               Video Inference*, ICCV 2019, arXiv:1812.02699.

    The student's answer to a frame that the teacher saw is that after the
    updates, as in the paper.

    Args:
        minimum: s_min >= 1.
        maximum: s_max >= `minimum`.
        updates: U >= 1.
        threshold: a in [0, 1].

    Raises:
        InputError: If a number is out of range.
    """

    shares = ("threshold",)

    def __init__(self, *, minimum=8, maximum=64, updates=8, threshold=0.9):
        super().__init__(
            minimum=minimum,
            maximum=maximum,
            updates=updates,
            threshold=threshold,
        )
        if maximum < minimum:
            raise InputError(
                "The stride must have minimum <= maximum, received "
                f"{minimum!r} and {maximum!r}."
            )

    def watch(self, distiller, frames):
        stride, outputs, asked = self.minimum, [], []
        for number, frame in enumerate(frames):
            x = np.asarray(frame)[None]
            if number % stride:
                outputs.append(distiller.answer(x)[0])
                continue
            output, steps, score = self._learn(distiller, x)
            outputs.append(output[0])
            asked.append((number, steps, score))
            stride = self.next_stride(stride, score)
        return _log(outputs, asked)

    def _learn(self, distiller, x):
        answers = distiller.ask(x)
        for steps in range(self.updates + 1):
            output = distiller.answer(x)
            score = agreement(answers["logits"], output)
            if score >= self.threshold or steps == self.updates:
                return output, steps, score
            distiller.learn(x, answers)

    def next_stride(self, stride, score):
        """Returns s after an agreement A."""
        if score > self.threshold:
            return min(2 * stride, self.maximum)
        return max(stride // 2, self.minimum)


@keras.saving.register_keras_serializable("tfkd")
class SlidingWindow(_Plan):
    """Learns again and again the frames that the teacher saw last.

    The teacher, as slow as it is, answers to one of `every` frames. The
    student then trains on the last of these, which it goes through `epochs`
    times; the oldest is forgotten.

    Paper:     Cioppa et al., *ARTHuS: Adaptive Real-Time Human Segmentation
               in Sports Through Online Distillation*, CVPR Workshops 2019.

    Answers are those before the update.

    Args:
        every: Frames from one that the teacher sees to the next, at least 1.
        window: Frames that are kept, at least 1.
        epochs: How often each is learned after every answer, at least 1.
        batch_size: Frames of an update, at least 1.
        seed: Of the order in which they are learned; a whole number >= 1.

    Raises:
        InputError: If a number is out of range.
    """

    def __init__(self, *, every=25, window=100, epochs=1, batch_size=8, seed=1):
        super().__init__(
            every=every,
            window=window,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
        )

    def watch(self, distiller, frames):
        random = np.random.default_rng(self.seed)
        kept = collections.deque(maxlen=self.window)
        outputs, asked = [], []
        for number, frame in enumerate(frames):
            x = np.asarray(frame)[None]
            output = distiller.answer(x)
            outputs.append(output[0])
            if number % self.every:
                continue
            answers = distiller.ask(x)
            score = agreement(answers["logits"], output)
            kept.append((x, answers))
            asked.append((number, self._learn(distiller, kept, random), score))
        return _log(outputs, asked)

    def _learn(self, distiller, kept, random):
        """Updates on all that is kept; returns the number of updates."""
        steps = 0
        for _ in range(self.epochs):
            order = random.permutation(len(kept))
            for start in range(0, len(order), self.batch_size):
                rows = order[start : start + self.batch_size]
                x, answers = keras.tree.map_structure(
                    lambda *arrays: np.concatenate(arrays),
                    *(kept[row] for row in rows),
                )
                distiller.learn(x, answers)
                steps += 1
        return steps


@keras.saving.register_keras_serializable("tfkd")
class ChangedFrames(_Plan):
    """Asks the teacher when the student's answer has changed.

    The first frame is a key frame. A later one is, where

    Equation:  ||o_n - o_k||_2 > c ||o_k||_2   or   n - k >= s
    Symbols:   o_n the student's answer to frame n; k the last key frame, o_k
               the answer to it after its updates; c = `change`; s =
               `maximum`.

    The teacher sees key frames alone; the student is updated U = `updates`
    times on each, and its answer to it is that after them. What the log has
    as agreement is 1 - min(1, ||o_k - t||_2 / ||t||_2), t the teacher's
    answer.

    Args:
        change: c in [0, 1].
        maximum: s >= 1, in frames.
        updates: U >= 1.

    Raises:
        InputError: If a number is out of range.
    """

    shares = ("change",)

    def __init__(self, *, change=0.1, maximum=64, updates=3):
        super().__init__(change=change, maximum=maximum, updates=updates)

    def watch(self, distiller, frames):
        key, known, outputs, asked = 0, None, [], []
        for number, frame in enumerate(frames):
            x = np.asarray(frame)[None]
            output = distiller.answer(x)
            if (
                known is None
                or number - key >= self.maximum
                or difference(known, output) > self.change
            ):
                answers = distiller.ask(x)
                for _ in range(self.updates):
                    distiller.learn(x, answers)
                key, known = number, distiller.answer(x)
                output = known
                gap = difference(answers["logits"], known)
                asked.append((number, self.updates, 1.0 - min(1.0, gap)))
            outputs.append(output[0])
        return _log(outputs, asked)


def difference(first, second):
    """Returns ||first - second|| / ||first||; 0 where both are zeros."""
    size = float(np.linalg.norm(first))
    gap = float(np.linalg.norm(first - second))
    return gap / size if size else float(gap > 0)


def _log(outputs, asked):
    numbers, steps, scores = zip(*asked) if asked else ((), (), ())
    return StreamLog(np.array(outputs), numbers, steps, scores)
