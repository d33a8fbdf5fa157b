"""Measurements in turns: A B A B, medians, ratios and their spread.

A busy moment of the machine falls on all candidates of a round alike, so the
ratio of a round tells more than the seconds in it. Each candidate has one
thread, so that its CPU time is the time it takes where it need not wait for
others; the time on the wall holds their time, too.
"""

import statistics
import time

import numpy as np

CLOCKS = ("cpu", "wall")


class NotMeasured(Exception):
    """Why something could not be measured here, in one line."""


def now():
    """Returns the seconds of each of `CLOCKS`."""
    return np.array([time.process_time(), time.perf_counter()])


def block(function, repeats, clock=now):
    """Returns a candidate of `interleave` that runs `function` repeatedly.

    Args:
        function: Called without arguments.
        repeats: Timed calls; one more before them is not timed, since other
            candidates have used the caches.
        clock: Returns the seconds of each of `CLOCKS`.

    Returns:
        Callable that returns the seconds of one call by each clock.
    """

    def run():
        function()
        start = clock()
        for _ in range(repeats):
            function()
        return (clock() - start) / repeats

    return run


def interleave(candidates, rounds):
    """Lets candidates take turns.

    Args:
        candidates: Name to a callable that works and returns its seconds by
            each of `CLOCKS`.
        rounds: Turns of each; one more before them does not count.

    Returns:
        Name to clock to a list of seconds, one a round.
    """
    seconds = {name: {} for name in candidates}
    for number in range(rounds + 1):
        for name, run in candidates.items():
            values = run()
            if number:
                for clock, value in zip(CLOCKS, values):
                    rows = seconds[name].setdefault(clock, [])
                    rows.append(round(float(value), 9))
    return seconds


def ratio(seconds, base, clock="cpu"):
    """Compares seconds of two candidates round by round.

    Returns:
        Median, and lower and upper quartile, of the ratios.
    """
    pairs = zip(seconds[clock], base[clock])
    ratios = [value / other for value, other in pairs]
    return (
        statistics.median(ratios),
        *(float(q) for q in np.quantile(ratios, [0.25, 0.75])),
    )


def added(*several):
    """Adds seconds of several candidates up, round by round."""
    return {
        clock: [sum(values) for values in zip(*(s[clock] for s in several))]
        for clock in several[0]
    }


def median(seconds, clock="cpu"):
    """Returns the median of a candidate's seconds."""
    return statistics.median(seconds[clock])


def exponent(sizes, seconds):
    """Fits seconds = a size^b by least squares of their logarithms.

    Returns:
        b: 0 is flat, 1 linear, 2 quadratic.
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
