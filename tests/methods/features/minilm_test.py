import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import distillers
from tfkd import methods
from tfkd.errors import InputError

# Nothing behind the last layer's attention is distilled, nor trained.
LAST_LAYER = pytest.mark.filterwarnings("ignore:Gradients do not exist")


def build(**arguments):
    arguments = {
        "teacher": sequences.transformer(depth=3, width=12),
        "student": sequences.transformer(depth=1, width=8),
        **arguments,
    }
    return methods.get("minilm").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_both_relations_of_the_last_layers_by_the_equation():
    distiller = build()
    attention, values = distiller.distillation_losses
    assert attention.teacher_taps == ("stage3_scores",)
    assert values.student_taps == ("stage1_values", "mask")
    random = np.random.default_rng(0)
    mask = np.arange(8)[None] < 5
    scores = random.normal(size=(2, 1, 2, 8, 8)).astype("float32")
    found = attention(
        {"stage3_scores": scores[0]}, {"stage1_scores": scores[1], "mask": mask}
    )
    # Over 2 heads and 5 tokens that are no padding.
    t, s = softmax(scores[..., :5, :5].astype("float64"))
    np.testing.assert_allclose(
        found, [np.sum(t * np.log(t / s)) / (2 * 5)], rtol=1e-5
    )
    # Values of 12 / 2 = 6 and 8 / 2 = 4 features a head.
    large = random.normal(size=(1, 2, 8, 6)).astype("float32")
    small = random.normal(size=(1, 2, 8, 4)).astype("float32")
    found = values(
        {"stage3_values": large}, {"stage1_values": small, "mask": mask}
    )
    t, s = (
        softmax(v @ np.swapaxes(v, 2, 3) / np.sqrt(v.shape[-1]))
        for v in (x[:, :, :5].astype("float64") for x in (large, small))
    )
    np.testing.assert_allclose(
        found, [np.sum(t * np.log(t / s)) / (2 * 5)], rtol=1e-5
    )


@LAST_LAYER
def test_an_assistant_learns_first_and_then_teaches():
    keras.utils.set_random_seed(0)
    student = sequences.transformer(depth=1, width=8)
    assistant = sequences.transformer(depth=2, width=8)
    kept = assistant.get_weights()
    chain = build(student=student, assistant=assistant)
    assert isinstance(chain, distillers.Chain)
    chain.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    x, y = sequences.sentences(count=8)
    before = student.get_weights()
    chain.fit(x, y, verbose=0)
    assert len(chain.histories) == 2
    assert not all(map(np.array_equal, before, student.get_weights()))
    for mine, copy in zip(kept, assistant.get_weights()):
        np.testing.assert_array_equal(mine, copy)


@LAST_LAYER
def test_it_learns_without_labels():
    keras.utils.set_random_seed(0)
    distiller = build()
    distiller.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    x, _ = sequences.sentences(count=48)
    logs = distiller.fit(x, epochs=12, batch_size=16, verbose=0).history
    assert logs["attention"][-1] < 0.7 * logs["attention"][0]
    assert logs["value_relation"][-1] < 0.7 * logs["value_relation"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"value_weight": -1.0}, "weight must be a finite number"),
        ({"mask_tap": "stage1"}, "The mask must have shape"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_other_heads():
    student = sequences.SEQUENCE.model(length=8, width=8, heads=4)
    for wrong in ({"student": student}, {"assistant": student}):
        with pytest.raises(InputError, match="of equal heads and length"):
            build(**wrong)
