import keras
import numpy as np
import pytest

from tfkd import taps
from tfkd.errors import InputError
from tfkd.tasks import documentation
from tfkd.tasks import sequence


def test_loss_skips_what_has_no_class():
    # -log softmax([0, 0])_0 = log 2; the other does not count.
    logits = np.float32([[[0, 0], [5, -5]]])
    found = sequence.loss()(np.array([[0, -1]]), logits)
    np.testing.assert_allclose(found, np.log(2), rtol=1e-6)


def test_the_default_taps_are_there():
    for model in (sequence.model(), sequence.recurrent_model()):
        specs = taps.Extractor(model, sequence.TAPS.values()).specs
        assert specs["mask"].shape == (None, documentation.LENGTH)
        assert specs["logits"].shape == (None, sequence.CLASSES)


def test_the_next_word_is_the_label():
    tokens, following = sequence.language_data(30, length=10)
    assert following.shape == tokens.shape
    np.testing.assert_array_equal(following[:, -1], -1)
    real = tokens[:, 1:] != documentation.PADDING
    np.testing.assert_array_equal(
        following[:, :-1], np.where(real, tokens[:, 1:], -1)
    )
    logits = sequence.language_model(length=10)(tokens)
    assert logits.shape == (30, 10, documentation.VOCABULARY)


def test_two_tasks_have_labels_in_a_dict():
    tokens, labels = sequence.task_data(12)
    model = sequence.model(num_classes=sequence.TASKS)
    found = model(tokens)
    assert set(found) == set(labels) == set(sequence.TASKS)
    for task, classes in sequence.TASKS.items():
        assert found[task].shape == (12, classes)
        assert labels[task].max() < classes


def test_masked_words_are_the_labels():
    tokens, labels = sequence.masked_data(200, length=12)
    plain = documentation.sentences(200, length=12).tokens
    masked = tokens == documentation.MASKED
    np.testing.assert_array_equal(masked, labels >= 0)
    np.testing.assert_array_equal(np.where(masked, labels, tokens), plain)
    # Neither padding, nor unknown words, nor the first token.
    words = plain > documentation.MASKED
    assert not np.any(masked & ~words)
    np.testing.assert_allclose(masked.sum() / words.sum(), 0.15, atol=0.03)
    logits = sequence.masked_language_model(length=12)(tokens)
    assert logits.shape == (200, 12, documentation.VOCABULARY)
    with pytest.raises(InputError, match="at most 1"):
        sequence.masked_data(3, rate=0.0)


def test_spans_are_scored_by_both_networks():
    x, y = sequence.span_data(6)
    for simple in (False, True):
        found = sequence.span_model(simple=simple)(x)
        assert set(found) == set(y) == {"start", "end"}
        for end, labels in y.items():
            chosen = np.take_along_axis(
                np.asarray(found[end]), labels[:, None], axis=1
            )
            # No response is padding.
            assert np.all(chosen > -1e9)


def test_accuracy_leaves_out_what_has_no_weight():
    (metric,) = sequence.metrics()
    logits = np.eye(3)[[0, 1, 2]]
    metric.update_state(np.array([0, 2, 0]), logits, np.array([1.0, 1.0, 0.0]))
    np.testing.assert_allclose(metric.result(), 0.5)
    assert isinstance(metric, keras.metrics.Metric)
