import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.distillers import PartDistiller
from tfkd.errors import InputError
from tfkd.models.heads import grow
from tfkd.tasks import segmentation


def network(classes=2):
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=classes, filters=(2, 3)
    )


def build(**arguments):
    teacher = network()
    arguments = {
        "teacher": teacher,
        "student": grow(teacher, 1, bias_correction=False),
        **arguments,
    }
    return methods.get("ilt_seg").build(**arguments)


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def similarities(features):
    rows = features.reshape(len(features), -1)
    products = rows @ rows.T
    return products / np.linalg.norm(products, axis=1, keepdims=True)


def test_total_is_the_papers_equation():
    distiller = build(
        weight=2.0,
        feature_weight=3.0,
        decoder_weight=5.0,
        similarity_weight=7.0,
    )
    random = np.random.default_rng(0)
    z_t = random.normal(size=(2, 8, 8, 2))
    z_s = random.normal(size=(2, 8, 8, 3))
    f_t, f_s = random.normal(size=(2, 2, 4, 4, 3))
    d_t, d_s = random.normal(size=(2, 2, 8, 8, 2))
    y = random.integers(-1, 3, (2, 8, 8))
    log_q, log_p = log_softmax(z_t), log_softmax(z_s)
    kl = np.sum(np.exp(log_q) * (log_q - log_p[..., :2]), axis=-1)
    expected = 2 * kl[(y == 0) | (y == 1)].mean()
    expected += 3 * np.mean((f_t - f_s) ** 2)
    # One layer of the decoder, and batches of two: B^2 = 4.
    expected += 5 * np.mean((d_t - d_s) ** 2)
    gap = similarities(f_t) - similarities(f_s)
    expected += 7 / 4 * np.sum(gap**2)
    t = {"logits": z_t, "stage2": f_t, "decoder": d_t}
    s = {"logits": z_s, "stage2": f_s, "decoder": d_s}
    t, s = ({n: np.float32(x) for n, x in taps.items()} for taps in (t, s))
    found = sum(
        float(loss.weight(0)) * np.mean(loss(t, s, labels=y))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_layers_of_the_decoder_are_found_or_named():
    student = segmentation.model(num_classes=3, filters=(2, 3, 4))
    teacher = segmentation.model(num_classes=2, filters=(2, 3, 4))

    def names(**arguments):
        model = build(teacher=teacher, student=student, **arguments)
        return [loss.name for loss in model.distillation_losses[2:]]

    assert names() == []
    assert names(decoder_weight=1.0) == ["layer_decoder2", "layer_decoder"]
    found = names(decoder_weight=1.0, decoder_taps=("stage1",))
    assert found == ["layer_stage1"]


def test_a_frozen_encoder_stays_as_it_was():
    distiller = build(freeze_encoder=True)
    assert isinstance(distiller, PartDistiller)
    student = distiller.student
    before = {layer.name: layer.get_weights() for layer in student.layers}
    distiller.compile("sgd", segmentation.loss(), run_eagerly=True)
    x = np.random.default_rng(0).uniform(0, 16, (4, 8, 8, 1))
    y = np.arange(4 * 64).reshape(4, 8, 8) % 3
    distiller.train_on_batch(x.astype("float32"), y)
    changed = {
        layer.name
        for layer in student.layers
        if any(
            not np.array_equal(a, b)
            for a, b in zip(before[layer.name], layer.get_weights())
        )
    }
    assert "logits" in changed
    assert not any(name.startswith("stage") for name in changed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": network()}, "classes and further ones"),
        ({"teacher": cases.teacher()}, "dense logits"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"weight": -1.0}, "weight must be"),
        ({"feature_weight": -1.0}, "weight must be"),
        ({"decoder_weight": -1.0}, "weight must be"),
        ({"similarity_weight": -1.0}, "weight must be"),
        ({"decoder_taps": ("no_such",)}, "no_such"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
