import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def reader(size, tokens=3, step=1):
    """A network of every frame, or of every second one."""
    inputs = keras.Input((4, size))
    x = keras.layers.AveragePooling1D(step)(inputs)
    return keras.Model(inputs, keras.layers.Dense(tokens)(x))


def build(**arguments):
    arguments = {"teacher": reader(5), "student": reader(2), **arguments}
    return methods.get("asr_lipreading").build(**arguments)


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def test_two_frames_by_hand():
    # The teacher's tokens are 1 and 1, which say 1; so do (0, 1) and (1, 0),
    # with 0 the blank: P = p_1(1) p_2(1) + p_1(0) p_2(1) + p_1(1) p_2(0).
    t, s = RANDOM.normal(size=(2, 1, 2, 3))
    t[..., 1] += 5
    p = np.exp(log_softmax(s[0]))
    said = p[0, 1] * p[1, 1] + p[0, 0] * p[1, 1] + p[0, 1] * p[1, 0]
    q, r = log_softmax(t[0]), log_softmax(s[0])
    kl = np.mean(np.sum(np.exp(q) * (q - r), axis=-1))
    transcript, frames = build().distillation_losses
    taps = [{"logits": z.astype("float32")} for z in (t, s)]
    np.testing.assert_allclose(transcript(*taps), [-np.log(said) / 2], 1e-5)
    np.testing.assert_allclose(frames(*taps), [kl], rtol=1e-5)


def test_it_reads_lips_from_unlabelled_video():
    teacher, student = reader(5), reader(2)
    video = RANDOM.normal(size=(64, 4, 2)).astype("float32")
    # What is heard is what is seen, and more.
    sound = np.concatenate([video, RANDOM.normal(size=(64, 4, 3))], axis=-1)
    kernel = np.zeros((5, 3), "float32")
    kernel[:2] = [[4, -4, 0], [0, 4, -4]]
    teacher.layers[-1].set_weights([kernel, np.zeros(3, "float32")])
    distiller = build(teacher=teacher, student=student)
    distiller.compile(keras.optimizers.Adam(0.1), None, jit_compile=False)
    x = {"student": video, "teacher": sound.astype("float32")}
    logs = distiller.fit(x, epochs=15, verbose=0).history
    assert logs["transcript"][-1] < 0.5 * logs["transcript"][0]
    assert logs["frames"][-1] < 0.2 * logs["frames"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"student": reader(2, step=2)}, "at one rate"),
        ({"student": reader(2, tokens=4)}, "of one shape"),
        ({"blank": 3}, "one of the 3 tokens"),
        ({"frame_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
