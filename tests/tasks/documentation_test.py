import collections

import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.tasks import documentation


def test_sentences_repeat_and_are_balanced():
    first = documentation.sentences(60)
    second = documentation.sentences(60)
    np.testing.assert_array_equal(first.tokens, second.tokens)
    assert np.bincount(first.packages).tolist() == [20, 20, 20]
    assert 0 < first.openings.mean() < 1
    other = documentation.sentences(60, seed=1)
    assert not np.array_equal(first.tokens, other.tokens)


def test_a_sequence_is_first_words_padding():
    tokens = documentation.sentences(90, length=12).tokens
    assert tokens.shape == (90, 12)
    assert tokens.max() < documentation.VOCABULARY
    assert np.all(tokens[:, 0] == documentation.FIRST)
    padded = tokens == documentation.PADDING
    np.testing.assert_array_equal(padded, np.maximum.accumulate(padded, axis=1))
    assert padded.any()


def test_words_outside_the_vocabulary_are_unknown():
    found = documentation.encode(("the", "zyzzyva"), length=4)
    assert found[0] == documentation.FIRST
    assert found[1] > documentation.MASKED
    assert found[2:] == [documentation.UNKNOWN, documentation.PADDING]


def test_no_paragraph_is_in_both_splits():
    found = documentation._paragraphs()
    words = {split: set() for split in documentation.SPLITS}
    for paragraph in found:
        words[paragraph.split].add(paragraph.words)
    assert not words["train"] & words["test"]
    assert not any(
        documentation._NAMES & set(paragraph.words) for paragraph in found
    )


def test_the_span_of_a_response_is_in_its_document():
    found = documentation.responses(40, length=10)
    assert found.queries.shape == (40, 10)
    assert found.documents.shape == (40, 30)
    known = documentation._paragraphs()
    # Paragraphs that differ behind what is cut have one key.
    follows = collections.defaultdict(list)
    for query, answer in zip(known, known[1:]):
        if query.source == answer.source:
            key = tuple(documentation.encode(query.words, 10))
            words = documentation.encode(answer.words, 11)[1:]
            follows[key].append([word for word in words if word])
    starts = set()
    for query, document, (start, end) in zip(
        found.queries, found.documents, found.spans
    ):
        assert document[start : end + 1].tolist() in follows[tuple(query)]
        starts.add(int(start))
    assert len(starts) > 2
    again = documentation.responses(40, length=10)
    np.testing.assert_array_equal(found.documents, again.documents)


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="split of the sentences"):
        documentation.sentences(3, split="valid")
    with pytest.raises(InputError, match="split of the sentences"):
        documentation.responses(3, split="valid")
    for function in (documentation.sentences, documentation.responses):
        with pytest.raises(InputError, match="count=1000000"):
            function(1_000_000)


def test_a_package_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr(
        documentation.importlib.util, "find_spec", lambda name: None
    )
    with pytest.raises(InputError, match="keras is not installed"):
        list(documentation._docstrings("keras"))
