import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd import sources
from tfkd.errors import InputError


def network(shape, classes=3):
    return models.build(
        "cnn",
        input_shape=shape,
        num_classes=classes,
        filters=(2, 4),
        strides=(1, 2),
    )


def build(classes=3, **arguments):
    return methods.get("outlook_360_vision").build(
        teacher=network((8, 8, 1)),
        student=network((8, 16, 1), classes),
        **arguments,
    )


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def test_answers_and_features_of_the_two_views():
    model = build(soft_weight=0.5, feature_weight=2.0, temperature=2.0)
    soft, features = model.distillation_losses
    random = np.random.default_rng(0)
    z_t, z_s = random.normal(size=(2, 5, 3))
    t, s = log_softmax(z_t / 2), log_softmax(z_s / 2)
    found = soft({"logits": np.float32(z_t)}, {"logits": np.float32(z_s)})
    expected = 4 * np.sum(np.exp(t) * (t - s), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # A sphere has twice the pixels: a linear map joins the embeddings.
    r = features.student_transform
    e_s = random.normal(size=(5, r.kernel.shape[0])).astype("float32")
    e_t = random.normal(size=(5, r.units)).astype("float32")
    found = features({"embedding": e_t}, {"embedding": e_s})
    gap = e_t - e_s @ np.asarray(r.kernel) - np.asarray(r.bias)
    np.testing.assert_allclose(found, np.mean(gap**2, axis=1), rtol=1e-4)
    assert [loss.weight.value for loss in (soft, features)] == [0.5, 2.0]


def test_unlabelled_spheres_teach_with_what_a_lens_cuts_out():
    random = np.random.default_rng(0)
    spheres = random.uniform(size=(8, 8, 16, 1)).astype("float32")
    pictures = sources.perspective_view(spheres, size=8, yaw=40)
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy")
    x = {"student": spheres, "teacher": pictures}
    logs = model.fit(x, np.full(8, -1), verbose=0).history
    assert logs["task_loss"] == [0.0]
    assert logs["soft_targets"][0] > 0 < logs["features"][0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"classes": 4}, "the same classes"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"feature_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
