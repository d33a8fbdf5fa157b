import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": cases.teacher(), "student": cases.student()}
    arguments = {"critic_filters": (4,), **arguments}
    return methods.get("afd_audio").build(**{**parts, **arguments})


def softplus(x):
    return np.log1p(np.exp(x))


def test_each_level_is_the_equation_written_out():
    model = build(pairs=(("stage2", "stage2"),), weight=2.0)
    soft, features, game = model.distillation_losses
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 3, 4, 4, 8)).astype("float32")
    found = features({"stage2": t}, {"level0": s})
    expected = np.mean((t - s) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    real, fake = (np.asarray(game.critic(x))[:, 0] for x in (t, s))
    expected = softplus(-real) + softplus(fake) + softplus(-fake)
    found = game({"stage2": t}, {"level0": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert float(features.weight(0)) == 2.0
    assert soft.name == "soft_targets"


def test_both_losses_of_a_level_see_one_map_of_the_student():
    model = build()
    x, _ = cases.images(4)
    taps = model(x, training=True)
    student = model.student
    for level, (wide, own) in enumerate(((6, 4), (8, 6), (12, 8))):
        features, game = model.distillation_losses[1 + 2 * level :][:2]
        assert features.student_taps == game.student_taps == (f"level{level}",)
        assert taps[f"level{level}"].shape[-1] == wide
        assert student.get_layer(f"stage{level + 1}").output.shape[-1] == own


def test_maps_of_one_shape_are_compared_as_they_are():
    model = build(teacher=cases.student())
    own = {id(v) for v in model.student.variables}
    assert {id(v) for v in model.network.variables} == own


def test_takes_spectrograms_that_are_no_squares():
    shape = (8, 16, 1)
    model = build(
        teacher=cases.cnn((6, 8, 12), shape=shape),
        student=cases.cnn((4, 6, 8), shape=shape),
    )
    model.compile("adam", cases.Case().loss, run_eagerly=True)
    x, y = cases.images(4, shape=shape)
    logs = model.train_on_batch(x, y, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": (("embedding", "stage1"),)}, "critic of maps"),
        ({"pairs": (("stage1", "embedding"),)}, "keeps the rank"),
        ({"teacher": cases.cnn((6, 8, 12), classes=7)}, "same classes"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
