import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models.prune_channels import prune_channels
from tfkd.models.prune_channels import used

X, _ = cases.images(16)


def copy(teacher):
    student = keras.models.clone_model(teacher)
    student.set_weights(teacher.get_weights())
    return student


def run(teacher, student, epochs=3, **arguments):
    arguments.setdefault("pruning_steps", 2)
    chain = methods.get("cross_distillation").build(
        teacher=teacher, student=student, **arguments
    )
    chain.compile(keras.optimizers.Adam(0.01))
    chain.fit(X, epochs=epochs, verbose=0)
    return chain


def read(model, name):
    found = keras.Model(model.input, model.get_layer(name).input)(X)
    return np.asarray(found, "float64")


def convolved(kernel, hidden, strides):
    kernel = np.asarray(kernel, "float32")
    found = keras.ops.conv(hidden.astype("float32"), kernel, strides, "same")
    return np.asarray(found, "float64")


@pytest.mark.parametrize("mixing", [None, (0.9, 0.3)])
def test_each_layer_has_the_papers_loss(mixing):
    keras.utils.set_random_seed(0)
    teacher, student = cases.teacher(), cases.teacher()
    chain = methods.get("cross_distillation").build(
        teacher=teacher, student=student, correction=0.3, mixing=mixing
    )
    stage = chain.stages[0](None)
    stage.compile(keras.optimizers.SGD(0.0))
    kernels = [m.get_layer("stage2_conv").kernel for m in (teacher, student)]
    theirs, own = (read(m, "stage2_conv") for m in (teacher, student))
    # What each of the layers is given, and how much that counts.
    terms = [(0.3, theirs, theirs), (0.7, own, own)]
    if mixing is not None:
        terms = [(1.0, 0.9 * theirs + 0.1 * own, 0.7 * theirs + 0.3 * own)]
    expected = 0.0
    for share, *hidden in terms:
        first, second = (convolved(k, h, 2) for k, h in zip(kernels, hidden))
        expected += share * np.mean((first - second) ** 2)
    logs = stage.train_on_batch(X, return_dict=True)
    np.testing.assert_allclose(logs["crossed_stage2_conv"], expected, rtol=1e-4)


def test_half_of_the_inputs_go_and_the_network_can_be_made_smaller():
    keras.utils.set_random_seed(0)
    teacher = cases.teacher()
    student = copy(teacher)
    run(teacher, student)
    kept = used(student)
    assert {name: len(c) for name, c in kept.items()} == {
        "stage1_conv": 3,
        "stage2_conv": 4,
        "stage3_conv": 12,
    }
    small = prune_channels(student, kept)
    np.testing.assert_allclose(small(X), student(X), rtol=1e-4, atol=1e-4)
    assert small.count_params() < student.count_params()


def test_the_layer_learns_to_do_without_its_lost_inputs():
    keras.utils.set_random_seed(0)
    teacher = cases.teacher()
    student = copy(teacher)
    # Steps 1 to 60 of the first pruned layer; channels are gone after 2.
    chain = run(teacher, student, epochs=60, layers=("stage2_conv",))
    losses = chain.histories[0].history["crossed_stage2_conv"]
    assert losses[-1] < 0.7 * losses[2]


def test_a_student_of_other_widths_is_our_error():
    with pytest.raises(InputError, match="a copy of the teacher"):
        run(cases.teacher(), cases.student())


def test_one_convolution_is_our_error():
    one = models.build(
        "cnn",
        input_shape=cases.SHAPE,
        num_classes=4,
        filters=(4,),
        strides=(1,),
    )
    with pytest.raises(InputError, match="at least two convolutions"):
        run(one, copy(one))
