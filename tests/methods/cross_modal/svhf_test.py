import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(size, width):
    return models.build(
        "mlp", input_shape=(size,), num_classes=2, units=(width,)
    )


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": mlp(4, 1),
        "partner": mlp(3, 1),
        **arguments,
    }
    return methods.get("svhf").build(**arguments)


def test_one_of_the_faces_of_other_identities_has_the_voice():
    (loss,) = build(units=1).distillation_losses
    loss.partner = None  # The view is the embedding.
    loss.of_student.set_weights([np.float32([[1]]), np.float32([0])])
    loss.of_view.set_weights([np.float32([[1]])])
    loss.of_mean.set_weights([np.float32([[2]])])
    loss.score.set_weights([np.float32([[1]])])
    voices = np.float32([[1], [2], [3]])
    faces = np.float32([[0], [2], [4]])
    # The first two are one identity. Candidates of 0: faces 0, 2 of mean 2;
    # scores 1 + 4 + (0, 4). Of 1: faces 1, 2 of mean 3: 2 + 6 + (2, 4).
    # Of 2: all, of mean 2: 3 + 4 + (0, 2, 4).
    found = loss(
        {"view": faces}, {"embedding": voices}, labels=np.array([5, 5, 6])
    )
    expected = [
        np.log(1 + np.exp(4)),
        np.log(1 + np.exp(2)),
        np.log(np.exp(-4) + np.exp(-2) + 1),
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_without_context_a_candidate_is_judged_alone():
    (loss,) = build(context=False).distillation_losses
    assert not hasattr(loss, "of_mean")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": mlp(3, 3)}, "svhf trains the networks of both"),
        ({"partner": None}, "svhf needs partner=model"),
        ({"units": 0}, "units >= 1"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
