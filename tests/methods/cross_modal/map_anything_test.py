import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models import named_heads

HEADS = {"classes": 4, "scenes": 3, "objects": 2}
RANDOM = np.random.default_rng(0)


def network(size, classes):
    return models.build(
        "mlp", input_shape=(size,), num_classes=classes, units=(5,)
    )


def build(**arguments):
    arguments = {
        "teacher": {name: network(3, count) for name, count in HEADS.items()},
        "student": named_heads.build(network(6, 2), HEADS),
        **arguments,
    }
    return methods.get("map_anything").build(**arguments)


def test_each_head_has_the_divergence_of_its_own_teacher():
    losses = {loss.name: loss for loss in build().distillation_losses}
    assert set(losses) == {f"soft_{name}" for name in HEADS}
    # Teacher (1/2, 1/2), student (3/4, 1/4):
    # 1/2 log(2/3) + 1/2 log 2 = 1/2 log(4/3).
    loss = losses["soft_objects"]
    (tap,) = loss.teacher_taps
    found = loss(
        {tap: np.zeros((1, 2), "float32")},
        {"objects": np.log(np.float32([[3, 1]]))},
    )
    np.testing.assert_allclose(found, [np.log(4 / 3) / 2], rtol=1e-5)


def test_three_networks_on_the_ground_teach_without_labels():
    model = build()
    model.compile(keras.optimizers.Adam(0.02), None)
    overhead = RANDOM.normal(size=(32, 6)).astype("float32")
    photos = overhead[:, :3] + overhead[:, 3:]
    x = {"student": overhead, "teacher": photos}
    before = [m.model.get_weights() for m in model.teacher.members]
    loss = model.fit(x, epochs=20, verbose=0).history["loss"]
    assert loss[-1] < 0.8 * loss[0]
    for member, weights in zip(model.teacher.members, before):
        for old, new in zip(weights, member.model.get_weights()):
            np.testing.assert_array_equal(old, new)
    found = model.predict(overhead, verbose=0)
    assert set(found) == set(HEADS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": [network(3, 4)]}, "one teacher for each head"),
        ({"student": network(6, 2)}, "one teacher for each head"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"weights": {"roads": 1.0}}, "must be of the heads"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
