"""Conformance cases of data-free methods."""

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tests.conformance.cases.multi_teacher import two_teachers

# Of real images, in place of statistics that were recorded of them.
RECORDED = {"metadata": base.images()[0]}

# The student is read for the generator as well. Adam blows up the rounding
# of the generator's biases, which have no gradient before a normalization.
GAME = Case(student_passes=2, options={"generator_learning_rate": 1e-4})

CASES = {
    "dual_gan_ka": Case(teacher=two_teachers),
    "dfad": GAME,
    "dream_distillation": Case(options=RECORDED),
    "lopes_datafree": Case(options=RECORDED),
    "zskt": GAME,
}
