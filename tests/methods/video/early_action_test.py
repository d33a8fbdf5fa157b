import numpy as np
import pytest

from tests.methods.video.networks import clip_network
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import clips


def network(**arguments):
    return clip_network(answers="frame", **arguments)


def build(**arguments):
    arguments = {
        "teacher": network(both_ways=True),
        "student": network(units=6),
        **arguments,
    }
    return methods.get("early_action").build(**arguments)


def test_every_level_and_their_distribution_are_compared():
    model = build(teacher=network(units=2), student=network(units=2))
    progress, distribution = model.distillation_losses
    t, s = np.float32([[[1, 0], [0, 2]]]), np.float32([[[1, 1], [0, 0]]])
    taps = {"states": t}, {"states": s}
    # Squares 0, 1, 0, 4 over 2 levels of 2 features.
    np.testing.assert_allclose(progress(*taps), [5 / 4], rtol=1e-6)
    # Sums of (x . y)^2: among T 1 + 16, among S 4, of T and S 1 + 4; each
    # over 4 pairs: 17/4 + 4/4 - 2 * 5/4.
    np.testing.assert_allclose(distribution(*taps), [11 / 4], rtol=1e-6)
    # Both features over d = 2.
    assert model.distillation_loss_weights == [1.0, 1 / 4]


def test_levels_in_another_order_are_of_one_distribution():
    progress, distribution = build(
        teacher=network(units=2), student=network(units=2)
    ).distillation_losses
    t = np.random.default_rng(0).normal(size=(2, 4, 2)).astype("float32")
    taps = {"states": t}, {"states": t[:, ::-1]}
    np.testing.assert_allclose(distribution(*taps), 0, atol=1e-5)
    assert np.all(np.array(progress(*taps)) > 0)


def test_one_layer_leads_to_the_teachers_width():
    model = build(student=network(units=3))
    names = [v.path.split("/")[0] for v in model.trainable_variables]
    assert names.count("adapted_progress") == 2
    assert {loss.student_taps for loss in model.distillation_losses} == {
        ("adapted_progress",)
    }


def test_the_label_is_asked_for_at_every_frame():
    model = build()
    model.compile("sgd", clips.loss())
    x = np.random.default_rng(0).uniform(0, 16, (3, 4, 8, 8, 1))
    x = x.astype("float32")
    z = np.array(model.student(x), "float64")
    assert z.shape == (3, 4, 2)
    y = np.repeat([[1], [0], [1]], 4, axis=1)
    log_p = z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))
    # The mean over 3 clips and 4 levels of each.
    expected = -np.mean(np.take_along_axis(log_p, y[..., None], axis=-1))
    logs = model.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["task_loss"], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher_tap": "frame", "student_tap": "stage2"}, "at every frame"),
        ({"teacher": network(frames=5)}, "of one length"),
        ({"student_tap": "state"}, "state"),
        ({"mmd_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
