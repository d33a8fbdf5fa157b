import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import ViewTeacher

pytest.importorskip("sklearn")
RANDOM = np.random.default_rng(0)
# Four kinds of sound, around corners of a square, one of each image.
KINDS = np.arange(40) % 4
CORNERS = np.array([[6, 3], [6, -3], [-6, 3], [-6, -3]])
SOUNDS = (CORNERS[KINDS] + 0.5 * RANDOM.normal(size=(40, 2))).astype("float32")
IMAGES = (np.eye(4)[KINDS] + 0.1 * RANDOM.normal(size=(40, 4))).astype(
    "float32"
)
X = {"student": IMAGES, "teacher": SOUNDS}


def build(**arguments):
    student = models.build("mlp", input_shape=(4,), num_classes=2, units=(8,))
    arguments = {
        "teacher": ViewTeacher((2,)),
        "student": student,
        "teacher_tap": "view",
        "codes": 4,
        **arguments,
    }
    model = methods.get("ambient_sound").build(**arguments)
    model.compile(keras.optimizers.Adam(0.05), None, run_eagerly=True)
    return model


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("coding", ["clusters", "binary"])
def test_images_learn_the_kind_of_their_sound(coding):
    keras.utils.set_random_seed(0)
    codes = 4 if coding == "clusters" else 2
    model = build(coding=coding, codes=codes)
    loss = model.fit(X, epochs=30, verbose=0).history["loss"]
    assert loss[-1] < 0.1
    scores = np.array(model.network(IMAGES)["sound"])
    (target,) = model.distillation_losses
    if coding == "clusters":
        np.testing.assert_array_equal(scores.argmax(-1), target.assign(SOUNDS))
    else:
        # Bits are the signs of both coordinates: the axes are the
        # directions, as the corners are.
        np.testing.assert_array_equal(scores > 0, SOUNDS > 0)
    assert model.predict(IMAGES, verbose=0).shape == (40, 2)


def test_a_cluster_and_a_code_by_hand():
    sounds, scores = np.float32([[3, -1]]), np.log(np.float32([[1, 3]]))
    (loss,) = build(codes=2).distillation_losses
    loss.centres.assign([[0, 0], [4, 0]])
    # The second centre is nearer; softmax gives it 3/4.
    found = loss({"view": sounds}, {"sound": scores})
    np.testing.assert_allclose(found, [np.log(4 / 3)], rtol=1e-6)
    (loss,) = build(coding="binary", codes=2).distillation_losses
    loss.directions.assign(np.eye(2))
    # Bits 1, 0; sigmoids 1/2 and 3/4: mean of log 2 and log 4.
    found = loss({"view": sounds}, {"sound": scores})
    np.testing.assert_allclose(found, [1.5 * np.log(2)], rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"coding": "bits"}, "coding of sound"),
        ({"codes": 1}, "codes of ambient_sound"),
        ({"coding": "binary", "codes": 3}, "code of 3 bits needs features"),
        ({"teacher_tap": "embedding"}, "tap of the teacher's view"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
