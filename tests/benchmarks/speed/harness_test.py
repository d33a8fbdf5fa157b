"""The harness of the speed benchmarks, with a clock of its own."""

import numpy as np
import pytest

from benchmarks.speed import harness


class Clock:
    """Both clocks at once, moved by hand."""

    def __init__(self):
        self.time = np.zeros(2)

    def __call__(self):
        return self.time.copy()

    def move(self, cpu, wall):
        self.time += (cpu, wall)


def test_a_block_leaves_its_first_call_out():
    clock, calls = Clock(), []

    def function():
        calls.append(1)
        # The first call is slow: (2 + 2 + 2) / 3.
        clock.move(100.0 if len(calls) == 1 else 2.0, 3.0)

    cpu, wall = harness.block(function, 3, clock)()
    assert (cpu, wall) == (2.0, 3.0)
    assert len(calls) == 4


def test_candidates_take_turns_and_the_first_round_does_not_count():
    order = []

    def candidate(name, seconds):
        def run():
            order.append(name)
            return next(seconds), 0.5

        return run

    found = harness.interleave(
        {
            "a": candidate("a", iter([9.0, 1.0, 2.0])),
            "b": candidate("b", iter([9.0, 3.0, 4.0])),
        },
        rounds=2,
    )
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert found["a"] == {"cpu": [1.0, 2.0], "wall": [0.5, 0.5]}
    assert found["b"]["cpu"] == [3.0, 4.0]


def test_a_ratio_is_taken_within_each_round():
    # A busy third round: 30 / 20 = 1.5. Ratios 1, 1.25, 1.5: the quartiles of
    # three values lie halfway to the median.
    slow = {"cpu": [2.0, 2.5, 30.0]}
    base = {"cpu": [2.0, 2.0, 20.0]}
    assert harness.ratio(slow, base) == pytest.approx((1.25, 1.125, 1.375))


def test_sums_are_taken_within_each_round():
    first = {"wall": [1.0, 2.0], "cpu": [1.0, 1.0]}
    second = {"wall": [3.0, 5.0], "cpu": [0.5, 0.5]}
    assert harness.added(first, second) == {
        "wall": [4.0, 7.0],
        "cpu": [1.5, 1.5],
    }


@pytest.mark.parametrize("power", [0, 1, 2])
def test_an_exponent_is_that_of_the_power(power):
    sizes = [10, 100, 1000]
    seconds = [0.003 * size**power for size in sizes]
    assert harness.exponent(sizes, seconds) == pytest.approx(power, abs=1e-9)
