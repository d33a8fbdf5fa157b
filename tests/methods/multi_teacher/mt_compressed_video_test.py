import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(size=5, classes=2):
    return models.build("mlp", input_shape=(size,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("mt_compressed_video").build(**arguments)


def test_softened_probabilities_are_averaged_before_the_divergence():
    # At T = 2 logits (0, 2 ln 3) give (1/4, 3/4) and (2 ln 3, 0) the reverse:
    # the mean is (1/2, 1/2). p = (1/4, 3/4).
    # T^2 KL = 4 (1/2 ln 2 + 1/2 ln(2/3)).
    two = 2 * np.log(3.0)
    teacher = {
        "0/logits": np.float32([[0.0, two]]),
        "1/logits": np.float32([[two, 0.0]]),
    }
    (loss,) = build(temperature=2.0).distillation_losses
    found = loss(teacher, {"logits": np.float32([[0.0, two]])})
    expected = 2 * (np.log(2) + np.log(2 / 3))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_every_teacher_may_see_a_stream_of_its_own():
    teachers = [mlp(3), mlp(4)]
    distiller = build(
        teacher=teachers,
        student=mlp(4),
        modalities=("pictures", "motion"),
        temperature=1.0,
    )
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    random = np.random.default_rng(0)
    motion = random.normal(size=(6, 4)).astype("float32")
    pictures = random.normal(size=(6, 3)).astype("float32")
    p = keras.ops.softmax(distiller.student(motion))
    q = keras.ops.softmax(teachers[0](pictures)) / 2
    q = np.array(q + keras.ops.softmax(teachers[1](motion)) / 2, "float64")
    x = {
        "student": motion,
        "teacher": {"pictures": pictures, "motion": motion},
    }
    logs = distiller.train_on_batch(x, np.zeros(6), return_dict=True)
    expected = np.mean(np.sum(q * np.log(q / np.array(p)), axis=-1))
    np.testing.assert_allclose(logs["soft_targets"], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"modalities": ("motion",)}, "one of modalities for each teacher"),
        ({"teacher": [mlp(), mlp(classes=3)]}, "same classes"),
        ({"teacher": []}, "at least one teacher"),
        ({"temperature": 0.0}, "temperature"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
