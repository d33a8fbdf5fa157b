import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

LOG3 = np.log(3.0)


def mlp(classes):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {
        "teacher": [mlp(2), mlp(2)],
        "student": mlp(4),
        "label_sets": ((0, 1), (2, 3)),
        "temperature": 1.0,
        **arguments,
    }
    return methods.get("knowledge_concentration").build(**arguments)


def test_an_example_learns_from_the_specialist_of_its_class():
    # Both specialists are (3/4, 1/4), the student uniform on every pair:
    # KL = 3/4 ln(3/2) + 1/4 ln(1/2).
    taps = {f"{i}/logits": np.float32([[LOG3, 0]] * 3) for i in range(2)}
    student = {"logits": np.zeros((3, 4), "float32")}
    labels = np.array([1, 2, -1])
    kl = 3 / 4 * np.log(3 / 2) + 1 / 4 * np.log(1 / 2)
    first, second = (
        loss(taps, student, labels=labels)
        for loss in build().distillation_losses
    )
    np.testing.assert_allclose(first, [kl, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(second, [0, kl, 0], rtol=1e-5)


def test_without_labels_every_specialist_teaches_every_example():
    taps = {f"{i}/logits": np.float32([[LOG3, 0]]) for i in range(2)}
    student = {"logits": np.zeros((1, 4), "float32")}
    for loss in build(own_examples=False).distillation_losses:
        assert float(loss(taps, student)[0]) > 0.1


def test_teachers_give_way_to_labels_at_their_own_paces():
    first, second = build(weight=2.0, paces=(10, 40)).distillation_losses
    for step, weights in ((0, (2, 2)), (5, (1, 1.75)), (10, (0, 1.5))):
        found = [float(loss.weight(step)) for loss in (first, second)]
        np.testing.assert_allclose(found, weights, rtol=1e-6)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="every logit"):
        build(label_sets=((0, 1), (2,)))
    with pytest.raises(InputError, match="different numbers"):
        build(label_sets=((0, 1), (2, 4)))
    with pytest.raises(InputError, match="one pace for each"):
        build(paces=(10,))
    with pytest.raises(InputError, match="steps must be at least 1"):
        build(paces=(10, 0))
