import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models.cheap_convs import cheapen
from tfkd.models.prune_channels import prune_channels
from tfkd.models.prune_channels import select

X, _ = cases.images(12)


def pruned(teacher, keep=0.5):
    kept = select(teacher, keep=keep)
    return prune_channels(teacher, kept), kept


def run(teacher, student, **arguments):
    chain = methods.get("fskd").build(
        teacher=teacher, student=student, **arguments
    )
    chain.compile()
    chain.fit(X, verbose=0)
    return chain


def read(model, layer):
    found = keras.Model(model.input, model.get_layer(layer).output)(X)
    return np.asarray(found, "float64").reshape(-1, found.shape[-1])


def test_each_convolution_is_solved_after_those_before_it():
    keras.utils.set_random_seed(0)
    teacher = cases.teacher()
    student, kept = pruned(teacher)
    run(teacher, student, kept=kept)
    # The oracle: the same student, layer by layer in NumPy.
    oracle = prune_channels(teacher, kept)
    for name, channels in kept.items():
        a, b = read(oracle, name), read(teacher, name)[:, channels]
        q = np.linalg.lstsq(a, b, rcond=None)[0]
        conv = oracle.get_layer(name)
        conv.kernel.assign(np.array(conv.kernel) @ q)
    for name in kept:
        np.testing.assert_allclose(
            student.get_layer(name).kernel,
            oracle.get_layer(name).kernel,
            atol=1e-4,
        )


def test_the_network_comes_closer_to_the_teacher():
    keras.utils.set_random_seed(0)
    teacher = cases.teacher()
    student, kept = pruned(teacher)
    before = [read(student, name) for name in kept]
    shape = student.count_params()
    run(teacher, student, kept=kept)
    # Nothing before the first convolution was pruned: it was right already.
    for name, old in list(zip(kept, before))[1:]:
        wanted = read(teacher, name)[:, kept[name]]
        new = read(student, name)
        assert np.sum((new - wanted) ** 2) < np.sum((old - wanted) ** 2)
    assert student.count_params() == shape


def test_a_decomposed_network_needs_no_list_of_channels():
    teacher = cases.teacher()
    student = cheapen(teacher, bottleneck=2)
    chain = run(teacher, student)
    assert len(chain.histories) == 3
    wanted = read(teacher, "stage2_conv")
    left = np.sum((read(student, "stage2_conv") - wanted) ** 2)
    assert left < np.sum(wanted**2)


def test_no_label_is_needed_and_only_kernels_change():
    teacher = cases.teacher()
    student, kept = pruned(teacher)
    before = {v.path: np.array(v) for v in student.variables}
    run(teacher, student, kept=kept)
    changed = {
        v.path
        for v in student.variables
        if not np.array_equal(before[v.path], v)
    }
    # The first convolution sees what the teacher's sees.
    assert changed == {"stage2_conv/kernel", "stage3_conv/kernel"}


def test_widths_that_are_not_explained_are_our_error():
    teacher = cases.teacher()
    student, kept = pruned(teacher)
    with pytest.raises(InputError, match="each must be one of the teacher's"):
        run(teacher, student)
    with pytest.raises(InputError, match="no convolution to recover named"):
        run(teacher, student, kept={**kept, "stage9_conv": [0]})


def test_no_common_convolution_is_our_error():
    student = models.build(
        "mlp", input_shape=cases.SHAPE, num_classes=4, units=(4,)
    )
    with pytest.raises(InputError, match="found none"):
        run(cases.teacher(), student)
