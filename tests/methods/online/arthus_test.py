import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def segmenter(classes=2, units=8):
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(units, 1, activation="tanh")(inputs)
    return keras.Model(
        inputs, keras.layers.Conv2D(classes, 1, name="logits")(x)
    )


def relative():
    """A teacher: class 1 where a pixel is above the mean of its frame."""
    inputs = keras.Input((4, 4, 1))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(inputs)
    x = keras.layers.Subtract()([inputs, mean])
    layer = keras.layers.Conv2D(2, 1, name="logits", use_bias=False)
    model = keras.Model(inputs, layer(x))
    model.set_weights([np.float32([[[[0, 9]]]])])
    return model


def build(**arguments):
    arguments = {"teacher": segmenter(), "student": segmenter(), **arguments}
    return methods.get("arthus").build(**arguments)


def test_a_pixel_has_the_teachers_answer_as_label_or_its_soft_one():
    # The student gives 1/4 and 3/4; the answers are class 0 and class 1.
    teacher = {"logits": np.float32([[[[2, 0], [0, 2]]]])}
    student = {"logits": np.log(np.float32([[[[1, 3], [1, 3]]]]))}
    (loss,) = build().distillation_losses
    expected = (np.log(4) + np.log(4 / 3)) / 2
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=1e-5)
    # Softened: q = (e, 1) / (e + 1) at T = 2, p = (1, sqrt 3) / (1 + sqrt 3).
    (loss,) = build(temperature=2.0).distillation_losses
    q = np.exp([1, 0]) / np.sum(np.exp([1, 0]))
    p = np.sqrt([1, 3]) / np.sum(np.sqrt([1, 3]))
    kl = [np.sum(r * np.log(r / p)) for r in (q, q[::-1])]
    np.testing.assert_allclose(
        loss(teacher, student), [4 * np.mean(kl)], rtol=1e-5
    )


def test_a_window_follows_a_stream_that_becomes_brighter():
    # What is an object depends on the light, which the student cannot see in
    # one pixel: at any time one threshold is right.
    light = np.linspace(0, 4, 120)[:, None, None, None]
    frames = (light + RANDOM.normal(size=(120, 4, 4, 1))).astype("float32")
    truth = np.argmax(relative()(frames), axis=-1)
    scores = {}
    for every in (4, 1000):
        keras.utils.set_random_seed(0)
        distiller = build(teacher=relative(), every=every, window=8, epochs=4)
        distiller.compile(keras.optimizers.Adam(0.05), None, jit_compile=False)
        distiller.fit(frames[:24], epochs=20, verbose=0)
        answers = np.argmax(distiller.watch(frames).outputs, axis=-1)
        scores[every] = np.mean((answers == truth)[60:])
    assert scores[4] > scores[1000] + 0.15


def test_bad_arguments_are_our_errors():
    classifier = models.build("mlp", input_shape=(4, 4, 1), num_classes=2)
    with pytest.raises(InputError, match="arthus needs dense logits"):
        build(student=classifier)
    with pytest.raises(InputError, match="tensors of one shape"):
        build(teacher=segmenter(3))
    with pytest.raises(InputError, match="every of SlidingWindow"):
        build(every=0)
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
