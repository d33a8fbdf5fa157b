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
    return methods.get("pins").build(**arguments)


def test_negatives_become_harder_with_the_steps():
    model = build(margin=2.0, start=0.0, end=1.0, curriculum_steps=10)
    (loss,) = model.distillation_losses
    loss.partner = None  # The view is the embedding.
    # Face (1, 0); voices (2, 0): the same; (0, 1): sqrt(2); (-1, 0): 2 away.
    faces = np.float32([[1, 0], [0, 1], [-1, 0]])
    voices = np.float32([[2, 0], [0, 1], [-1, 0]])
    # The first: its pair is 0 apart. Easiest negative: max(0, 2 - 2)^2 = 0;
    # hardest: (2 - sqrt(2))^2.
    easy = loss({"view": voices}, {"embedding": faces}, step=0)
    hard = loss({"view": voices}, {"embedding": faces}, step=10)
    np.testing.assert_allclose(easy[0], 0.0, atol=1e-5)
    np.testing.assert_allclose(hard[0], (2 - np.sqrt(2)) ** 2, rtol=1e-4)


def test_the_curriculum_is_a_line_from_start_to_end():
    (loss,) = build(curriculum_steps=10).distillation_losses
    found = [float(loss.hardness(step)) for step in (0, 5, 10, 99)]
    np.testing.assert_allclose(found, [0.3, 0.55, 0.8, 0.8], rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": mlp(3)}, "pins trains the networks of both"),
        ({"partner": mlp(3, 5)}, "embeddings of one width"),
        ({"start": 0.9}, "0 <= start <= end <= 1"),
        ({"curriculum_steps": 0}, "curriculum_steps of pins"),
        ({"margin": -1.0}, "margin must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
