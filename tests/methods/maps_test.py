import functools

import numpy as np

from tests.conformance import cases
from tfkd.distances import LpDistance
from tfkd.methods.maps import map_losses
from tfkd.transforms import AttentionMap


def losses(teacher, pairs):
    return map_losses(
        teacher=teacher,
        student=cases.student(),
        pairs=pairs,
        transform=functools.partial(AttentionMap, 2),
        distance=LpDistance(p=2, reduce="sum"),
        weight=3.0,
        name="at",
    )


def test_each_pair_is_compared_after_normalization():
    (loss,) = losses(cases.teacher(), (("stage1", "stage1"),))
    t = np.array([[[[1.0, 1.0]], [[0.0, 0.0]]]], "float32")
    s = np.array([[[[0.0]], [[7.0]]]], "float32")
    # Maps (2, 0) and (0, 49), scaled to (1, 0) and (0, 1): 1 + 1.
    found = loss({"stage1": t}, {"stage1": s})
    np.testing.assert_allclose(found, [2.0], rtol=1e-6)
    assert (loss.name, float(loss.weight(0))) == ("at_stage1", 3.0)


def test_the_larger_map_is_averaged():
    first, second = losses(
        cases.teacher(), (("stage1", "stage2"), ("stage2", "stage2"))
    )
    assert first.teacher_transform.size == (4, 4)
    assert second.teacher_transform.size is None
