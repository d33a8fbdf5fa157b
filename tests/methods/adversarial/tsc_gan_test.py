import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {
        "teacher": cases.teacher(),
        "student": cases.student(),
        **methods.get("tsc_gan").card["options"],
    }
    return methods.get("tsc_gan").build(**{**parts, **arguments})


def test_is_half_the_squared_distance_of_logits_by_hand():
    model = build()
    (loss,) = model.distillation_losses
    t = np.array([[1.0, 2.0, 0.0, 0.0]], "float32")
    s = np.array([[0.0, 0.0, 2.0, -1.0]], "float32")
    # 1 + 4 + 4 + 1, halved by the distiller.
    found = loss({"logits": t}, {"logits": s})
    np.testing.assert_allclose(found, [10.0], rtol=1e-6)
    assert model.distillation_loss_weights == [0.5]


def test_the_teacher_answers_what_is_made():
    # All batches are made: the loss is of the generator's images.
    model = build(made_share=1.0, noise_size=3)
    model.compile("sgd", run_eagerly=True)
    x, _ = cases.images(8)
    model.fit_gan(x)
    images = np.asarray(model._make(8, np.array([0, 0], "int32")))
    t, s = (
        np.asarray(network(images, training=training), "float64")
        for network, training in (
            (model.teacher.model, False),
            (model.student, True),
        )
    )
    logs = model.train_on_batch(x, return_dict=True)
    expected = np.mean(np.sum((t - s) ** 2, axis=1))
    np.testing.assert_allclose(logs["logits"], expected, rtol=1e-4)
    np.testing.assert_allclose(logs["loss"], expected / 2, rtol=1e-4)


def test_needs_no_labels():
    model = build()
    model.compile("adam", run_eagerly=True)
    x, _ = cases.images(8)
    history = model.fit(x, batch_size=4, epochs=2, verbose=0).history
    assert np.all(np.isfinite(history["logits"]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"made_share": -0.1}, "made_share must be"),
        ({"gan_epochs": 0}, "gan_epochs"),
        ({"noise_size": 0}, "noise_size"),
        ({"value_range": (1, 1)}, "low < high"),
        ({"teacher": cases.cnn((6, 8, 12), classes=7)}, "one shape"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
