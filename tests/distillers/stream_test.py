import keras
import numpy as np
import pytest

from tfkd.distillers import AdaptiveStride
from tfkd.distillers import SlidingWindow
from tfkd.distillers import StreamDistiller
from tfkd.distillers.stream import agreement
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets

RANDOM = np.random.default_rng(0)
FRAMES = RANDOM.normal(size=(20, 4, 4, 1)).astype("float32")
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def segmenter(scale=1.0):
    """Class 1 where a pixel is above 0, if the scale is positive."""
    inputs = keras.Input((4, 4, 1))
    logits = keras.layers.Conv2D(2, 1, name="logits", use_bias=False)(inputs)
    model = keras.Model(inputs, logits)
    model.set_weights([np.float32([[[[-scale, scale]]]])])
    return model


def build(plan, **arguments):
    arguments = {
        "student": segmenter(-1.0),
        "teacher": segmenter(),
        "distillation_losses": SoftTargets(temperature=1.0),
        "student_loss_weight": 0.0,
        **arguments,
    }
    model = StreamDistiller(plan=plan, **arguments)
    model.compile(keras.optimizers.SGD(0.5), None, jit_compile=False)
    return model


def test_agreement_is_the_mean_over_classes_that_occur():
    # Teacher 0 0 1 1, student 0 1 1 1: of class 0 1 of 2, of class 1 2 of 3;
    # class 2 does not occur.
    teacher = np.eye(3)[[0, 0, 1, 1]]
    student = np.eye(3)[[0, 1, 1, 1]]
    np.testing.assert_allclose(agreement(teacher, student), (1 / 2 + 2 / 3) / 2)


def test_labels_are_not_missed_where_a_loss_is_compiled():
    model = build(AdaptiveStride(), student_loss_weight=1.0)
    model.compile(keras.optimizers.SGD(0.1), LOSS, jit_compile=False)
    assert model.watch(FRAMES[:3]).steps == (8,)


@pytest.mark.parametrize(
    "plan",
    [AdaptiveStride(minimum=3, threshold=0.4), SlidingWindow(every=7)],
)
def test_a_plan_is_saved_with_the_model(plan, tmp_path):
    model = build(plan)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.plan.get_config() == plan.get_config()


def test_wrong_arguments_are_our_errors():
    with pytest.raises(InputError, match="read its tap 'logits'"):
        build(
            AdaptiveStride(),
            distillation_losses=FeatureMatch(
                teacher_tap="logits:input", student_tap="logits:input"
            ),
        )
    model = build(AdaptiveStride())
    with pytest.raises(InputError, match="at least one frame"):
        model.watch(FRAMES[:0])
    model = StreamDistiller(
        plan=AdaptiveStride(),
        student=segmenter(),
        teacher=segmenter(),
        distillation_losses=SoftTargets(),
    )
    with pytest.raises(InputError, match="before watch"):
        model.watch(FRAMES)
