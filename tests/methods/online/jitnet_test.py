import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def segmenter(classes=2, units=3):
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(units, 1, activation="tanh")(inputs)
    return keras.Model(
        inputs, keras.layers.Conv2D(classes, 1, name="logits")(x)
    )


def threshold(scale):
    """Class 1 where a pixel is above 0, if the scale is positive."""
    inputs = keras.Input((4, 4, 1))
    layer = keras.layers.Conv2D(2, 1, name="logits", use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    model.set_weights([np.float32([[[[0, scale]]]])])
    return model


def build(**arguments):
    arguments = {
        "teacher": segmenter(),
        "student": segmenter(),
        "dilation": 0,
        **arguments,
    }
    return methods.get("jitnet").build(**arguments)


def test_pixels_of_objects_count_five_times():
    # Two pixels, the second of an object; the student gives both classes 1/4
    # and 3/4: (ln 4 + 5 ln(4/3)) / 2.
    (loss,) = build().distillation_losses
    teacher = {"logits": np.float32([[[[2, 0], [0, 2]]]])}
    student = {"logits": np.log(np.float32([[[[1, 3], [1, 3]]]]))}
    expected = (np.log(4) + 5 * np.log(4 / 3)) / 2
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=1e-5)


def test_the_defaults_are_the_papers():
    plan = build().plan
    assert (plan.minimum, plan.maximum) == (8, 64)
    assert (plan.updates, plan.threshold) == (8, 0.9)


def test_the_teacher_is_asked_less_as_the_student_learns():
    distiller = build(
        teacher=threshold(9.0), student=threshold(-1.0), minimum_stride=2
    )
    distiller.compile(keras.optimizers.Adam(0.3), None, jit_compile=False)
    frames = RANDOM.normal(size=(60, 4, 4, 1)).astype("float32")
    log = distiller.watch(frames)
    right = np.argmax(log.outputs, axis=-1) == (frames[..., 0] > 0)
    assert log.steps[0] > 0
    assert log.steps[-1] == 0
    assert np.mean(right[-30:]) > 0.9
    assert len(log.asked) < 15
    assert np.all(np.diff(log.asked)[-2:] > 2)


def test_bad_arguments_are_our_errors():
    classifier = models.build("mlp", input_shape=(4, 4, 1), num_classes=2)
    with pytest.raises(InputError, match="needs dense logits"):
        build(teacher=classifier, student=classifier)
    with pytest.raises(InputError, match="of one shape"):
        build(teacher=segmenter(3))
    with pytest.raises(InputError, match="one of the 2 classes"):
        build(background=2)
    with pytest.raises(InputError, match="minimum <= maximum"):
        build(minimum_stride=9, maximum_stride=8)
    with pytest.raises(InputError, match="threshold of AdaptiveStride"):
        build(threshold=2.0)
