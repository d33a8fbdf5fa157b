import keras
import numpy as np
import pytest

from tfkd import taps
from tfkd.errors import InputError
from tfkd.models import transformer

TOKENS = np.array([[2, 5, 6, 0, 0], [2, 7, 4, 3, 8]], "int32")


def build(**arguments):
    return transformer.build(
        **{
            "length": 5,
            "vocabulary": 9,
            "num_classes": 3,
            "width": 4,
            "heads": 2,
            **arguments,
        }
    )


def read(model, *names):
    found = taps.Extractor(model, names)(TOKENS)
    return [np.asarray(found[name]) for name in names]


def test_every_tensor_of_an_attention_is_a_tap():
    model = build()
    queries, keys, values, scores, shares, mixed = read(
        model,
        *(
            f"stage1_{part}"
            for part in (
                "queries",
                "keys",
                "values",
                "scores",
                "attention",
                "mixed",
            )
        ),
    )
    assert queries.shape == keys.shape == values.shape == (2, 2, 5, 2)
    # Scores are products over sqrt(d), d = 4 features / 2 heads = 2.
    expected = queries @ np.swapaxes(keys, 2, 3) / np.sqrt(2)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)
    # The first sequence has 3 tokens: the softmax is over those alone.
    weights = np.exp(scores[0, :, :, :3])
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(shares[0, :, :, :3], weights, rtol=1e-5)
    np.testing.assert_array_equal(shares[0, :, :, 3:], 0)
    expected = np.einsum("bhqk,bhkd->bqhd", shares, values)
    np.testing.assert_allclose(mixed, expected, rtol=1e-4, atol=1e-6)


def test_padding_changes_nothing():
    model = build(length=5)
    other = build(length=3)
    for mine, theirs in zip(other.weights, model.weights):
        mine.assign(np.array(theirs)[tuple(slice(n) for n in mine.shape)])
    long, short = model(TOKENS[:1]), other(TOKENS[:1, :3])
    np.testing.assert_allclose(long, short, rtol=1e-5, atol=1e-6)


def test_the_first_token_stands_for_the_sequence():
    model = build(depth=3)
    hidden, features, mask = read(model, "stage3", "embedding", "mask")
    np.testing.assert_array_equal(features, hidden[:, 0])
    np.testing.assert_array_equal(mask, TOKENS > 0)
    assert taps.stages(model) == ["stage1", "stage2", "stage3"]
    assert taps.output_names(model) == ("logits",)


def test_several_tasks_are_a_dict():
    model = build(num_classes={"a": 3, "b": 2})
    found = model(TOKENS)
    assert {k: v.shape for k, v in found.items()} == {"a": (2, 3), "b": (2, 2)}
    assert taps.output_names(model) == ("a", "b")


def test_every_token_may_be_classified():
    model = build(num_classes=9, every_position=True)
    logits, features, hidden = read(model, "logits", "embedding", "stage2")
    assert logits.shape == (2, 5, 9)
    np.testing.assert_array_equal(features, hidden)


def test_it_is_saved_and_loaded(tmp_path):
    model = build(dropout=0.1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(TOKENS), loaded(TOKENS))


@pytest.mark.parametrize("wrong", [{"width": 5}, {"heads": 0}, {"depth": 0}])
def test_rejects_sizes(wrong):
    with pytest.raises(InputError, match="a multiple of heads"):
        build(**wrong)
