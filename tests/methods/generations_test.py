import keras
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.generations import chain_of_generations
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import SelfTeacher


class Distill:
    """Builds distillers, and keeps the (teacher, student) it was given."""

    def __init__(self):
        self.pairs = []

    def __call__(self, *, teacher, student):
        self.pairs.append((teacher, student))
        return Distiller(
            teacher=teacher, student=student, distillation_losses=SoftTargets()
        )


def fit(chain):
    chain.compile(keras.optimizers.SGD(0.1), loss=SPARSE)
    chain.fit(*batch(), verbose=0)


def test_each_generation_teaches_the_next_and_the_last_is_the_student():
    teacher, student, distill = dense((9,)), dense(), Distill()
    chain = chain_of_generations(
        distill, student=student, count=3, seed=5, teacher=teacher
    )
    assert distill.pairs == [(teacher, student)]  # The check at the start.
    fit(chain)
    pairs = distill.pairs[1:]
    assert len(pairs) == 3
    assert pairs[0][0] is teacher
    assert pairs[1][0].model is pairs[0][1]
    assert pairs[2][0].model is pairs[1][1]
    assert pairs[2][1] is student is chain.student


@pytest.mark.parametrize("count", [1, 2])
def test_nobody_teaches_the_first_generation(count):
    distill, seeds = Distill(), []

    def first(seed):
        seeds.append(seed)
        network = fresh_copy(dense((9,)), seed)
        return Distiller(
            teacher=SelfTeacher(),
            student=network,
            distillation_losses=SoftTargets(),
        )

    student = dense()
    chain = chain_of_generations(
        distill, student=student, count=count, seed=5, first=first
    )
    fit(chain)
    assert seeds == [5, 5]
    assert len(distill.pairs) == 1 + count
    assert distill.pairs[-1][1] is student
