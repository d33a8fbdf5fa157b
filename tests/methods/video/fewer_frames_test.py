import numpy as np
import pytest

from tests.methods.video.networks import clip_network
from tfkd import methods
from tfkd.errors import InputError
from tfkd.taps import Extractor


def build(**arguments):
    arguments = {
        "teacher": clip_network(),
        "student": clip_network(frames=2),
        **arguments,
    }
    return methods.get("fewer_frames").build(**arguments)


def embedding(network, x):
    return np.array(Extractor(network, ("embedding",))(x)["embedding"])


def test_representations_and_probabilities_are_compared_in_squares():
    representation, answers = build().distillation_losses
    # ((1 - 0)^2 + (2 - 4)^2 + 0) / 3.
    found = representation(
        {"embedding": np.float32([[1, 2, 3]])},
        {"embedding": np.float32([[0, 4, 3]])},
    )
    np.testing.assert_allclose(found, [5 / 3], rtol=1e-6)
    # Odds 1:3 against 1:1: ((1/4 - 1/2)^2 + (3/4 - 1/2)^2) / 2 = 1/16.
    found = answers(
        {"logits": np.log(np.float32([[1, 3]]))},
        {"logits": np.float32([[0, 0]])},
    )
    np.testing.assert_allclose(found, [1 / 16], rtol=1e-6)


def test_the_student_sees_some_frames_of_the_clip():
    model = build(task_weight=0.0, answer_weight=0.0)
    clips = np.random.default_rng(0).uniform(size=(2, 4, 8, 8, 1))
    clips = clips.astype("float32")
    theirs = embedding(model.teacher.model, clips)
    own = embedding(model.student, clips[:, ::2])
    model.compile("sgd", None)
    x = {"student": clips[:, ::2], "teacher": clips}
    logs = model.train_on_batch(x, return_dict=True)
    expected = np.mean((theirs - own) ** 2)
    np.testing.assert_allclose(logs["representation"], expected, rtol=1e-4)


def test_other_widths_have_a_trained_layer_between():
    alike, other = (
        build(teacher=clip_network(units=units)) for units in (3, 5)
    )
    count = [len(model.trainable_variables) for model in (alike, other)]
    assert count[1] == count[0] + 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": clip_network(classes=3)}, "one shape"),
        ({"teacher_tap": "states"}, "keeps the rank"),
        ({"student_tap": "state"}, "state"),
        ({"answer_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
