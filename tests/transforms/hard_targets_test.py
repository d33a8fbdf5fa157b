import numpy as np

from tests.gradients import assert_gradient
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.losses import SoftTargets
from tfkd.transforms import HardTargets


def test_the_largest_class_is_the_answer():
    z = np.float32([[0.1, 0.3, 0.2], [1e4, -1e4, 0.0], [2.0, 2.0, 0.0]])
    found = np.exp(HardTargets()(z))
    np.testing.assert_array_equal(found, np.eye(3)[[1, 0, 0]])


def test_soft_targets_become_the_cross_entropy_of_a_pseudo_label():
    loss = SoftTargets(temperature=1.0, correction=HardTargets())
    student = np.float32([[0.0, np.log(3.0)]])
    taps = {"logits": np.float32([[0.2, 0.1]])}
    # -log (1/4).
    found = loss(taps, {"logits": student}, labels=np.array([-1]))
    np.testing.assert_allclose(found, [np.log(4)], rtol=1e-6)


def test_gradient_of_the_pseudo_label_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    target = HardTargets(dtype="float64")(random.normal(size=(3, 4)))
    assert_gradient(lambda z: softmax_kl(target, z), random.normal(size=(3, 4)))
