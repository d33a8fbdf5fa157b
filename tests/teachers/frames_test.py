import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import EMATeacher
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FramesTeacher

CLIPS = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")


def read(teacher, *taps):
    specs = teacher.connect(taps, dense())
    found = teacher(CLIPS)
    for name, spec in specs.items():
        assert len(spec.shape) == len(found[name].shape)
    return {name: np.array(value) for name, value in found.items()}


def test_the_answers_of_all_frames_become_one():
    model = dense((9,))
    frames = np.stack([np.array(model(CLIPS[:, f])) for f in range(4)], axis=1)
    for reduce, expected in (
        ("max", frames.max(axis=1)),
        ("mean", frames.mean(axis=1)),
        ("none", frames),
    ):
        found = read(FramesTeacher(model, reduce=reduce), "logits")
        np.testing.assert_allclose(found["logits"], expected, rtol=1e-5)


def test_members_of_an_ensemble_see_frames():
    members = [dense((9,), seed=1), dense((9,), seed=2)]
    teacher = FramesTeacher(EnsembleTeacher(members), reduce="none")
    found = read(teacher, "0/logits", "1/logits")["1/logits"]
    np.testing.assert_allclose(
        found[:, 2], np.array(members[1](CLIPS[:, 2])), rtol=1e-5
    )


def test_rejects_what_is_no_clip_and_no_fixed_teacher():
    with pytest.raises(InputError, match="reduction of frames"):
        FramesTeacher(dense(), reduce="median")
    with pytest.raises(InputError, match="stays as it is"):
        FramesTeacher(EMATeacher(0.9))
    teacher = FramesTeacher(dense())
    teacher.connect(("logits",), dense())
    with pytest.raises(InputError, match="clips"):
        teacher(CLIPS[:, 0])


def test_frames_may_be_of_any_size():
    model = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.ReLU(name="stage1")]
    )
    teacher = FramesTeacher(model)
    teacher.connect(("stage1",), None)
    clips = np.ones((2, 3, 4, 5, 1), "float32")
    shape = tf.TensorSpec((None, None, None, None, 1))
    found = tf.function(lambda x: teacher(x), input_signature=[shape])(clips)
    np.testing.assert_array_equal(found["stage1"], clips[:, 0])
