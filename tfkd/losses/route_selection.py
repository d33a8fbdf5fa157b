"""Which layer of the teacher teaches which layer of the student."""

from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


class RouteSelection(KDLoss):
    """Compares many pairs of layers, and keeps the best.

    Equation:  L = 1 / |R| sum_(i in R) L_i
               r_i <- m r_i + (1 - m) score_i   after every step
               every n steps, while |R| > k: the route of the largest r
               leaves R, or with `at_once` all but the k smallest
    Symbols:   L_i the loss of route i, a pair of layers; R the routes that
               are left, all at first; m = `momentum`; n = `interval_steps`;
               k = `keep`.

    Subclasses implement `terms`. R and r are state: they are saved.

    Args:
        routes: `((teacher_tap, student_tap), ...)`.
        keep: k, at least 1 and at most the routes.
        interval_steps: n >= 1.
        momentum: m in [0, 1).
        at_once: Whether n steps decide for good.
        **kwargs: See `KDLoss`.

    Attributes:
        alive: 1 where a route is left, else 0; after `setup`.
        scores: r, after `setup`.

    Raises:
        InputError: If a number is out of range.
    """

    def __init__(
        self,
        *,
        routes,
        keep=1,
        interval_steps=100,
        momentum=0.9,
        at_once=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.routes = tuple((t, s) for t, s in routes)
        if not 1 <= keep <= len(self.routes) or int(keep) != keep:
            raise InputError(
                "keep must be a whole number from 1 to the number of routes, "
                f"{len(self.routes)}; received {keep!r}."
            )
        checks.whole(1, interval_steps=interval_steps)
        if not 0 <= momentum < 1:
            raise InputError(
                f"momentum must be in [0, 1), received {momentum!r}."
            )
        self.keep = int(keep)
        self.interval_steps = int(interval_steps)
        self.momentum = float(momentum)
        self.at_once = bool(at_once)
        self.teacher_taps = tuple(dict.fromkeys(t for t, _ in self.routes))
        self.student_taps = tuple(dict.fromkeys(s for _, s in self.routes))

    def setup(self, teacher, student):
        shape = (len(self.routes),)
        self.alive = self.add_weight(
            shape, "ones", trainable=False, name="alive"
        )
        self.scores = self.add_weight(
            shape, "zeros", trainable=False, name="scores"
        )
        super().setup(teacher, student)

    def terms(self, teacher, student, *, labels):
        """Returns L_i and scores of all routes: `(batch, routes)`, `(routes,)`.

        Args:
            teacher: Tap name to tensor.
            student: Likewise.
            labels: The batch's labels, or `None`.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def values(self, teacher, student, *, labels, index, step):
        terms, scores = self.terms(teacher, student, labels=labels)
        step = ops.cast(step, "int32")
        # What the steps before this one found decides, then it counts.
        self.alive.assign(self._selected(step))
        mean = self.momentum * self.scores + (1 - self.momentum) * scores
        self.scores.assign(ops.stop_gradient(ops.where(step > 0, mean, scores)))
        return ops.sum(terms * self.alive, axis=-1) / ops.sum(self.alive)

    def _selected(self, step):
        alive = ops.convert_to_tensor(self.alive)
        count = ops.cast(ops.sum(alive), "int32")
        due = (step > 0) & (step % self.interval_steps == 0)
        due = due & (count > self.keep)
        scores = ops.convert_to_tensor(self.scores)
        # Routes that left come last.
        order = ops.argsort(ops.where(alive > 0, scores, float("inf")))
        rank = ops.argsort(order)
        left = self.keep if self.at_once else count - 1
        kept = alive * ops.cast(rank < left, alive.dtype)
        return ops.where(due, kept, alive)

    def get_config(self):
        return {
            **super().get_config(),
            "routes": [list(route) for route in self.routes],
            "keep": self.keep,
            "interval_steps": self.interval_steps,
            "momentum": self.momentum,
            "at_once": self.at_once,
        }
