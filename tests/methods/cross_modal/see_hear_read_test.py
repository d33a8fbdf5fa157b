import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def mlp(size, width=5, classes=3):
    return models.build(
        "mlp", input_shape=(size,), num_classes=classes, units=(width,)
    )


def build(**arguments):
    arguments = {
        "teacher": mlp(4, 8),
        "student": mlp(6),
        "partner": mlp(4),
        **arguments,
    }
    return methods.get("see_hear_read").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def kl(q, p):
    return np.mean(np.sum(q * np.log(q / p), axis=-1))


def test_both_networks_follow_the_teacher_of_images():
    partner = mlp(4)
    model = build(partner=partner, ranking=0.0)
    model.compile("sgd", None)
    sounds = RANDOM.normal(size=(4, 6)).astype("float32")
    images = RANDOM.normal(size=(4, 4)).astype("float32")
    target = softmax(np.array(model.teacher.members[0].model(images)))
    own = softmax(np.array(model.student(sounds)))
    part = keras.Model(partner.input, partner.get_layer("embedding").output)
    kernel, bias = model.student.get_layer("logits").get_weights()
    theirs = softmax(np.array(part(images)) @ kernel + bias)
    x = {"student": sounds, "teacher": images}
    logs = model.train_on_batch(x, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], kl(target, own), rtol=1e-4)
    np.testing.assert_allclose(
        logs["aligned_views"], kl(target, theirs), rtol=1e-4
    )


def test_pairs_align_and_the_teacher_stays():
    keras.utils.set_random_seed(0)
    images = RANDOM.normal(size=(32, 4)).astype("float32")
    sounds = np.concatenate([images[:, :2], -images], axis=-1)
    teacher, partner = mlp(4, 8), mlp(4)
    before = teacher.get_weights(), partner.get_layer("logits").get_weights()
    model = build(teacher=teacher, partner=partner)
    model.compile(keras.optimizers.Adam(0.02), None)
    x = {"student": sounds, "teacher": images}
    logs = model.fit(x, epochs=20, verbose=0).history["aligned_views"]
    assert logs[-1] < 0.8 * logs[0]
    after = teacher.get_weights(), partner.get_layer("logits").get_weights()
    for old, new in zip(before, after):
        assert all(map(np.array_equal, old, new))


def test_three_modalities_align_by_pairs_with_images_and_are_saved(tmp_path):
    keras.utils.set_random_seed(0)
    images, others = RANDOM.normal(size=(2, 16, 4)).astype("float32")
    x = {
        "student": np.concatenate([images[:, :2], -images], axis=-1),
        "teacher": {
            "images": images,
            "second_images": others,
            "second": others[:, :3] * 2,
        },
    }
    teacher, partner, second = mlp(4, 8), mlp(4), mlp(3)
    before = second.get_layer("embedding").get_weights()
    model = build(teacher=teacher, partner=partner, second=second)
    model.compile(keras.optimizers.Adam(0.05), None, run_eagerly=True)
    logs = model.fit(x, epochs=4, verbose=0).history["aligned_views"]
    assert logs[-1] < 0.95 * logs[0]
    after = second.get_layer("embedding").get_weights()
    assert not any(map(np.array_equal, before, after))
    model.save(tmp_path / "three.keras")
    loaded = keras.saving.load_model(tmp_path / "three.keras")
    loaded.set_teacher(teacher)
    first, again = (
        m.train_on_batch(x, return_dict=True) for m in (model, loaded)
    )
    np.testing.assert_allclose(
        first["aligned_views"], again["aligned_views"], rtol=1e-5
    )


def test_both_kinds_of_pairs_are_in_every_batch():
    model = build(second=mlp(3))
    model.compile("sgd", None)
    x = {"student": np.zeros((2, 6), "float32")}
    with pytest.raises(InputError, match="must be a dict with 'images'"):
        model.train_on_batch({**x, "teacher": np.zeros((2, 4), "float32")})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"partner": None}, "see_hear_read needs partner=model"),
        ({"partner": mlp(4, 7)}, "embeddings of one width"),
        ({"teacher": mlp(4, classes=2)}, "the same classes"),
        ({"student_tap": "logits"}, "embeddings of one width"),
        ({"second": mlp(3, 7)}, "share one classifier"),
        ({"second": "text"}, "needs second=model"),
        ({"second_tap": "embedding"}, "needs second=model"),
        ({"margin": -1.0}, "margin must be"),
        ({"ranking": -1.0}, "ranking must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
