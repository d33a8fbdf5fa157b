import numpy as np
import pytest

from tests.conformance import cases
from tfkd import models
from tfkd.errors import InputError
from tfkd.methods import branches

NAMES = {"logits": "logits", "features": "stage3"}
X = cases.images(4)[0]


def ends(group, student):
    network = group.network(
        student,
        ["logits"],
        lambda tensors, found: {
            f"{key}_{number}": tensor
            for number, end in enumerate(found)
            for key, tensor in end.items()
        },
    )
    return network, network(X)


def test_branches_share_the_trunk_and_have_weights_of_their_own():
    student = cases.student()
    group = branches.branches("m", student, NAMES, count=2, seed=3)
    assert group.start == "stage2"
    network, found = ends(group, student)
    np.testing.assert_array_equal(found["outputs"], student(X))
    assert found["features_0"].shape == (4, 2, 2, 8)
    assert not np.allclose(found["logits_0"], found["logits_1"])
    # Stage 3 three times, stage 2 once.
    shapes = [tuple(w.shape) for w in network.trainable_weights]
    assert shapes.count((3, 3, 6, 8)) == 3
    assert shapes.count((3, 3, 4, 6)) == 1


def test_networks_given_are_run_on_the_inputs():
    student, other = cases.student(), cases.teacher()
    group = branches.networks("m", [other], student)
    _, found = ends(group, student)
    np.testing.assert_allclose(found["logits_0"], other(X), rtol=1e-5)
    assert found["features_0"].shape == (4, 2, 2, 12)


def test_networks_are_copies_where_none_is_given():
    group = branches.networks("m", None, cases.student(), count=2)
    assert len(group.members) == 2


def test_mistakes_are_our_errors():
    student = cases.student()
    mlp = models.build("mlp", input_shape=(3,), num_classes=2, units=(4, 5))
    with pytest.raises(InputError, match="no_such"):
        branches.branches("m", student, NAMES, count=1, trunk_tap="no_such")
    with pytest.raises(InputError, match="must lead through the tap 'logits'"):
        branches.branches("m", student, NAMES, count=1, trunk_tap="logits")
    with pytest.raises(InputError, match="the stages \\['stage1'\\] alone"):
        branches.parts_at("m", mlp)
