import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance import harness
from tfkd import methods
from tfkd import taps
from tfkd.errors import InputError

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    harness.seed()
    model = methods.get("fitnet").build(
        teacher=cases.teacher(), student=cases.student(), **arguments
    )
    model.compile(keras.optimizers.SGD(0.01), loss=SPARSE)
    return model


def test_the_hint_is_the_mean_square_after_the_regressor():
    model = build()
    x, y = cases.images(8)
    hint = np.array(
        taps.Extractor(model.teacher.model, ["stage2"])(x)["stage2"]
    )
    # In training mode, as in the step: batch statistics.
    guided = np.array(
        taps.Extractor(model.student, ["stage2"])(x, training=True)["stage2"]
    )
    kernel, bias = model.distillation_losses[0].student_transform.get_weights()
    want = np.mean((hint - (guided @ kernel + bias)) ** 2)
    logs = model.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["hint"], want, rtol=1e-4)
    # Stage 1: nothing but the hint.
    assert logs["loss"] == pytest.approx(logs["hint"], rel=1e-6)


def test_stage_1_does_not_reach_layers_after_the_guided_one():
    model = build(hint_steps=1)
    x, y = cases.images(8)
    late, early = ("stage3_conv", "stage1_conv")

    def kernels():
        return [
            np.array(model.student.get_layer(n).kernel) for n in (late, early)
        ]

    start = kernels()
    model.train_on_batch(x, y)
    middle = kernels()
    np.testing.assert_array_equal(start[0], middle[0])
    assert not np.array_equal(start[1], middle[1])
    model.train_on_batch(x, y)
    assert not np.array_equal(middle[0], kernels()[0])


def test_stage_2_is_knowledge_distillation():
    model = build(hint_steps=1, soft_weight=4.0, task_weight=1.0)
    x, y = cases.images(8)
    model.train_on_batch(x, y)
    model.reset_metrics()
    logs = model.train_on_batch(x, y, return_dict=True)
    want = logs["task_loss"] + 4 * logs["soft_targets"]
    assert logs["loss"] == pytest.approx(want, rel=1e-5)


def test_hint_steps_must_be_positive():
    with pytest.raises(InputError, match="at least 1"):
        build(hint_steps=0)
