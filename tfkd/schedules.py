"""Values that change with the training step, such as weights, temperatures.

A schedule is called with the step inside the compiled training step, so a
changing value costs no retracing. Steps count optimizer updates from 0.
"""

import keras
from keras import ops

from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class Schedule:
    """Maps a step to a float32 scalar."""

    def __call__(self, step):
        raise NotImplementedError

    def least(self):
        """Returns the smallest value it takes; `None` where unknown."""
        return None

    def get_config(self):
        return dict(self.__dict__)

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable("tfkd")
class Constant(Schedule):
    """The same `value` at every step."""

    def __init__(self, value):
        self.value = float(value)

    def __call__(self, step):
        return ops.convert_to_tensor(self.value, "float32")

    def least(self):
        return self.value


@keras.saving.register_keras_serializable("tfkd")
class Linear(Schedule):
    """From `start` to `end` in `steps` steps, then `end`."""

    def __init__(self, start, end, steps):
        self.start = float(start)
        self.end = float(end)
        self.steps = _positive(steps)

    def __call__(self, step):
        progress = _progress(step, self.steps)
        return self.start + (self.end - self.start) * progress

    def least(self):
        return min(self.start, self.end)


@keras.saving.register_keras_serializable("tfkd")
class Cosine(Schedule):
    """Half a cosine from `start` to `end` in `steps` steps, then `end`."""

    def __init__(self, start, end, steps):
        self.start = float(start)
        self.end = float(end)
        self.steps = _positive(steps)

    def __call__(self, step):
        cosine = ops.cos(3.141592653589793 * _progress(step, self.steps))
        return self.end + (self.start - self.end) * 0.5 * (1.0 + cosine)

    def least(self):
        return min(self.start, self.end)


@keras.saving.register_keras_serializable("tfkd")
class SigmoidRampUp(Schedule):
    """`value * exp(-5 (1 - step / steps)^2)`, then `value`.

    The ramp of Laine & Aila, *Temporal Ensembling for Semi-Supervised
    Learning*, ICLR 2017, arXiv:1610.02242, as mean teachers use it.
    """

    def __init__(self, value, steps):
        self.value = float(value)
        self.steps = _positive(steps)

    def __call__(self, step):
        rest = 1.0 - _progress(step, self.steps)
        return self.value * ops.exp(-5.0 * rest * rest)


@keras.saving.register_keras_serializable("tfkd")
class Piecewise(Schedule):
    """`values[0]` before `boundaries[0]`, `values[1]` from there on, ...

    Args:
        boundaries: Increasing steps.
        values: One more than boundaries.
    """

    def __init__(self, boundaries, values):
        self.boundaries = [int(step) for step in boundaries]
        self.values = [float(value) for value in values]
        if len(self.values) != len(self.boundaries) + 1 or sorted(
            self.boundaries
        ) != list(self.boundaries):
            raise InputError(
                "Piecewise needs increasing boundaries and one value more, "
                f"received boundaries={self.boundaries}, "
                f"values={self.values}."
            )

    def __call__(self, step):
        step = ops.cast(step, "int32")
        result = ops.convert_to_tensor(self.values[0], "float32")
        for boundary, value in zip(self.boundaries, self.values[1:]):
            result = ops.where(step >= boundary, value, result)
        return result

    def least(self):
        return min(self.values)


@keras.saving.register_keras_serializable("tfkd")
class After(Schedule):
    """0 for `steps` steps, then another schedule from its own start."""

    def __init__(self, steps, schedule):
        self.steps = int(steps)
        self.schedule = get(schedule)

    def __call__(self, step):
        step = ops.cast(step, "int32")
        value = self.schedule(ops.maximum(step - self.steps, 0))
        return ops.where(step >= self.steps, value, 0.0)

    def get_config(self):
        return {
            "steps": self.steps,
            "schedule": keras.saving.serialize_keras_object(self.schedule),
        }


@keras.saving.register_keras_serializable("tfkd")
class Until(Schedule):
    """A schedule for `steps` steps, then `rest` from its own start."""

    def __init__(self, steps, schedule, rest=0.0):
        self.steps = _positive(steps)
        self.schedule = get(schedule)
        self.rest = get(rest)

    def __call__(self, step):
        step = ops.cast(step, "int32")
        later = self.rest(ops.maximum(step - self.steps, 0))
        return ops.where(step < self.steps, self.schedule(step), later)

    def get_config(self):
        return {
            "steps": self.steps,
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "rest": keras.saving.serialize_keras_object(self.rest),
        }


@keras.saving.register_keras_serializable("tfkd")
class Intermittent(Schedule):
    """A schedule in the last `on` of every `period` steps, 0 in the others."""

    def __init__(self, schedule, period, on):
        self.schedule = get(schedule)
        self.period = _positive(period)
        self.on = _positive(on)
        if self.on > self.period:
            raise InputError(
                "Intermittent is on in at most all steps of a period, "
                f"received on={on!r} of period={period!r}."
            )

    def __call__(self, step):
        place = ops.cast(step, "int32") % self.period
        due = place >= self.period - self.on
        return ops.where(due, self.schedule(step), 0.0)

    def get_config(self):
        return {
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "period": self.period,
            "on": self.on,
        }


def before(steps, value, name="value"):
    """Returns a schedule that is `value` for `steps` steps, then 0."""
    return Until(steps, get(value, name, minimum=0.0))


def after(steps, value, name="value"):
    """Returns a schedule that is 0 for `steps` steps, then `value`."""
    return After(_positive(steps), get(value, name, minimum=0.0))


def ramp_up(steps, value, name="value"):
    """Returns a sigmoid ramp to a number; a schedule stays as it is."""
    if isinstance(value, Schedule):
        return value
    return SigmoidRampUp(get(value, name, minimum=0.0).value, steps)


def get(value, name="value", *, minimum=None, exclusive=False):
    """Returns a schedule: a number becomes `Constant`.

    Args:
        value: A number or a `Schedule`.
        name: What it is, for the error.
        minimum: Smallest number allowed.
        exclusive: Whether `minimum` itself is not allowed.

    Raises:
        InputError: If it is neither, a constant that is not finite, or is
            below `minimum` at a step, as far as a schedule can tell.
    """
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    if isinstance(value, Schedule):
        _check_least(value, name, minimum, exclusive)
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    bound = -float("inf") if minimum is None else minimum
    if (
        number != number
        or abs(number) == float("inf")
        or number < bound
        or (exclusive and number == bound)
    ):
        relation = "" if minimum is None else f" {'>' if exclusive else '>='} "
        raise InputError(
            f"{name} must be a finite number{relation}"
            f"{'' if minimum is None else minimum}, or a "
            f"tfkd.schedules.Schedule; received {value!r}."
        )
    return Constant(number)


def _check_least(schedule, name, minimum, exclusive):
    least = schedule.least()
    if minimum is None or least is None:
        return
    if not least >= minimum or (exclusive and least == minimum):
        raise InputError(
            f"{name} must be {'>' if exclusive else '>='} {minimum} at every "
            f"step, received a {type(schedule).__name__} whose smallest value "
            f"is {least}. Let it end above."
        )


def _progress(step, steps):
    return ops.clip(ops.cast(step, "float32") / steps, 0.0, 1.0)


def _positive(steps):
    if int(steps) < 1:
        raise InputError(f"steps must be at least 1, received {steps!r}.")
    return int(steps)
