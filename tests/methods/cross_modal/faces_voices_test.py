import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(size, width=2):
    return models.build(
        "mlp", input_shape=(size,), num_classes=2, units=(width,)
    )


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": mlp(4),
        "partner": mlp(3),
        **arguments,
    }
    return methods.get("faces_voices").build(**arguments)


def test_a_voice_is_nearer_to_its_own_face():
    (loss,) = build(both_ways=False).distillation_losses
    loss.partner = None  # The view is the embedding.
    voices = np.float32([[0, 0], [3, 4]])
    faces = np.float32([[0, 1], [3, 0]])
    # d_00 = 1, d_01 = 3; d_10 = sqrt(9 + 9), d_11 = 4.
    # -log sigma(u) = log(1 + exp(-u)), u = d_01 - d_00 and d_10 - d_11.
    expected = np.log1p(np.exp([-2.0, 4 - np.sqrt(18)]))
    found = loss({"view": faces}, {"embedding": voices})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_both_ways_is_the_mean_of_two_directions():
    (loss,) = build().distillation_losses
    loss.partner = None
    voices, faces = np.float32([[0, 0], [3, 4]]), np.float32([[0, 1], [3, 0]])
    # Distances as above; for a face, u = d_10 - d_00 and d_01 - d_11.
    there = np.log1p(np.exp([-2.0, 4 - np.sqrt(18)]))
    back = np.log1p(np.exp([1 - np.sqrt(18), 1.0]))
    expected = (there + back) / 2
    found = loss({"view": faces}, {"embedding": voices})
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    found = loss({"view": voices}, {"embedding": faces})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": mlp(3)}, "faces_voices trains the networks of both"),
        ({"partner": None}, "faces_voices needs partner=model"),
        ({"partner": mlp(3, 5)}, "embeddings of one width"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
