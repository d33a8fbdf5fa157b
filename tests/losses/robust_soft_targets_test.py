import keras
import numpy as np
import pytest

from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import RobustSoftTargets

RANDOM = np.random.default_rng(0)
LABELS = np.array([0, -1, 2, -1, -1, 1])
TEACHER = {
    "stage1": RANDOM.normal(size=(6, 2, 2, 3)).astype("float32"),
    "logits": RANDOM.normal(size=(6, 3)).astype("float32"),
}
STUDENT = {"logits": RANDOM.normal(size=(6, 3)).astype("float32")}


def loss(**arguments):
    part = RobustSoftTargets(
        **{
            "feature_taps": ("stage1",),
            "prior": 0.5,
            "epochs": 1,
            "batch_size": 6,
            **arguments,
        }
    )
    # Chooses examples whose first channel is positive on average.
    evaluate(part, TEACHER, STUDENT, labels=LABELS)
    part.classifier.squeeze.set_weights([np.zeros((3, 1))])
    part.classifier.score.set_weights([np.eye(3)[:, :1], np.zeros(1)])
    return part


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def kept():
    first = TEACHER["stage1"].mean(axis=(1, 2))[:, 0] > 0
    return (first | (LABELS >= 0)).astype(float)


def adapted(**arguments):
    """Adapted to data that are all labelled, then as `loss` chooses."""
    part = loss(**arguments)
    part.adapt(TEACHER, np.arange(6) % 3)
    return part


def test_is_kl_on_the_choice_weighted_by_class():
    part = loss(perturbations=0, temperature=2.0)
    part.class_weights.assign([[0.5, 1.0, 2.0]])
    part.share.assign(0.8)
    t, s = softmax(TEACHER["logits"] / 2), softmax(STUDENT["logits"] / 2)
    kl = 4 * np.sum(t * np.log(t / s), axis=1)
    named = np.array([0.5, 1.0, 2.0])[np.argmax(t, axis=1)]
    assert 0 < kept().sum() < 6
    np.testing.assert_allclose(
        part(TEACHER, STUDENT, labels=LABELS),
        kept() / 0.8 * named * kl,
        rtol=1e-4,
    )


def test_the_worst_of_the_weightings_counts():
    part = loss(perturbations=2)
    part.class_weights.assign([[1.0] * 3, [3.0] * 3, [2.0] * 3])
    worst = np.asarray(part(TEACHER, STUDENT, labels=LABELS))
    part.class_weights.assign([[1.0] * 3] * 3)
    base = np.asarray(part(TEACHER, STUDENT, labels=LABELS))
    np.testing.assert_allclose(worst, 3 * base, rtol=1e-6)


def test_classes_weigh_inversely_to_the_teachers_answers():
    part = adapted(perturbations=1, spread=0.5)
    inverse = 1 / softmax(TEACHER["logits"]).sum(axis=0)
    expected = 3 * inverse / inverse.sum()
    weights = np.array(part.class_weights)
    np.testing.assert_allclose(weights[0], expected, rtol=1e-5)
    noise = weights[1] - expected
    assert np.all((noise > -1e-5) & (noise < 0.5))
    assert float(part.share) == 1.0


def test_the_share_is_that_of_all_data():
    part = loss(epochs=1, learning_rate=1e-9)
    part.adapt(TEACHER, LABELS)
    found = part._kept(TEACHER, LABELS)
    np.testing.assert_allclose(part.share, np.mean(found))


def test_round_trip():
    part = loss(temperature=2.0, spread=0.3)
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()


def test_without_labels_nothing_tells_what_is_useful():
    with pytest.raises(InputError, match="there are none"):
        loss().adapt(TEACHER, np.full(6, -1))
    with pytest.raises(InputError, match="no labels"):
        loss().adapt(TEACHER, None)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"prior": 1.5}, "prior must be in"),
        ({"spread": -0.1}, "spread must be"),
        ({"epochs": 0}, "epochs must be"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        loss(**arguments)


def test_maps_of_logits_are_our_error():
    spec = keras.KerasTensor((None, 4, 4, 3))
    part = RobustSoftTargets(feature_taps=("logits",), prior=0.5)
    with pytest.raises(InputError, match="whole images"):
        part.setup({"logits": spec}, {"logits": spec})
