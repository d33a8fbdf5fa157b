"""Real sentences: what installed packages say about themselves."""

import collections
import dataclasses
import functools
import importlib.util
import pathlib
import re

import numpy as np

from tfkd.errors import InputError
from tfkd.errors import unknown

PACKAGES = ("keras", "numpy", "sklearn")
PADDING, UNKNOWN, FIRST, MASKED = range(4)
VOCABULARY = 512
LENGTH = 24
SPLITS = ("train", "test")
_WORD = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]")
# They would give the package away.
_NAMES = {*PACKAGES, "np", "scikit", "learn", "tensorflow", "tf"}


@dataclasses.dataclass(frozen=True)
class Sentences:
    """Tokens with what is known of them.

    Attributes:
        tokens: `(count, length)` int32: `FIRST`, words, then `PADDING`;
            words outside the vocabulary are `UNKNOWN`.
        packages: `(count,)` int32: which of `PACKAGES` they document.
        openings: `(count,)` int32: 1 where they open a docstring, else 0.
    """

    tokens: np.ndarray
    packages: np.ndarray
    openings: np.ndarray


def sentences(count, *, length=LENGTH, split="train", seed=0):
    """Draws paragraphs of docstrings, as many of each package as of others.

    A docstring's paragraphs are all in the split `"train"` or all in
    `"test"`. The text is that of the installed versions: the same versions
    give the same text.

    Args:
        count: Number of sequences.
        length: Tokens of a sequence; what is longer is cut.
        split: `"train"` or `"test"`.
        seed: The same seed draws the same sequences.

    Returns:
        `Sentences`, without a repetition.

    Raises:
        InputError: If a package is not there, or has too few paragraphs.
    """
    if split not in SPLITS:
        raise unknown("split of the sentences", split, SPLITS)
    known = [p for p in _paragraphs() if p.split == split]
    random = np.random.default_rng([seed, SPLITS.index(split)])
    each = []
    for label in range(len(PACKAGES)):
        found = [p for p in known if p.package == label]
        wanted = -(-count // len(PACKAGES))
        if wanted > len(found):
            raise InputError(
                f"There are {len(found)} paragraphs of {PACKAGES[label]} in "
                f"the split {split!r}, and count={count} asks for {wanted}."
            )
        each.append([found[i] for i in random.permutation(len(found))[:wanted]])
    # One of each package in turn, so that any first part is balanced.
    rows = [row for group in zip(*each) for row in group][:count]
    return Sentences(
        np.array([encode(row.words, length) for row in rows], "int32"),
        np.array([row.package for row in rows], "int32"),
        np.array([row.opening for row in rows], "int32"),
    )


@dataclasses.dataclass(frozen=True)
class Responses:
    """Paragraphs, and the one that follows each among others.

    Attributes:
        queries: `(count, length)` int32 tokens, as those of `Sentences`.
        documents: `(count, 3 length)` int32: three paragraphs, one of each
            package, then `PADDING`.
        spans: `(count, 2)` int32: first and last position, in the document,
            of the paragraph that follows the query in its docstring.
    """

    queries: np.ndarray
    documents: np.ndarray
    spans: np.ndarray


def responses(count, *, length=LENGTH // 2, split="train", seed=0):
    """Draws paragraphs, and the document that each one's successor is in.

    Args:
        count: Number of examples.
        length: Tokens of a paragraph; what is longer is cut.
        split: `"train"` or `"test"`.
        seed: The same seed draws the same examples.

    Returns:
        `Responses`, without a repetition of a query.

    Raises:
        InputError: If there are too few paragraphs that are followed by one.
    """
    if split not in SPLITS:
        raise unknown("split of the sentences", split, SPLITS)
    known = [p for p in _paragraphs() if p.split == split]
    pairs = [
        (query, answer)
        for query, answer in zip(known, known[1:])
        if query.source == answer.source
    ]
    if count > len(pairs):
        raise InputError(
            f"There are {len(pairs)} paragraphs with a successor in the "
            f"split {split!r}, received count={count}."
        )
    random = np.random.default_rng([seed, SPLITS.index(split)])
    packages = [
        [p for p in known if p.package == label]
        for label in range(len(PACKAGES))
    ]
    queries, documents, spans = [], [], []
    for row in random.permutation(len(pairs))[:count]:
        query, answer = pairs[row]
        parts = [answer] + [
            others[random.integers(len(others))]
            for label, others in enumerate(packages)
            if label != answer.package
        ]
        document = []
        for place in random.permutation(len(parts)):
            words = parts[place].words[:length]
            if place == 0:
                span = len(document), len(document) + len(words) - 1
            document += words
        queries.append(encode(query.words, length))
        # Without the token that begins a sequence.
        documents.append(encode(document, len(PACKAGES) * length + 1)[1:])
        spans.append(span)
    return Responses(
        np.array(queries, "int32"),
        np.array(documents, "int32"),
        np.array(spans, "int32"),
    )


def encode(words, length=LENGTH):
    """Returns the tokens of words: `FIRST`, those, and `PADDING`."""
    numbers = _numbers()
    found = [FIRST, *(numbers.get(word, UNKNOWN) for word in words)][:length]
    return found + [PADDING] * (length - len(found))


@functools.cache
def _numbers():
    """Word to token: the most frequent words of the split `"train"`."""
    counts = collections.Counter(
        word
        for paragraph in _paragraphs()
        if paragraph.split == "train"
        for word in paragraph.words
    )
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = ranked[: VOCABULARY - MASKED - 1]
    return {word: MASKED + 1 + rank for rank, word in enumerate(kept)}


@dataclasses.dataclass(frozen=True)
class _Paragraph:
    words: tuple
    package: int
    opening: int
    split: str
    source: tuple


@functools.cache
def _paragraphs():
    found, known = [], set()
    for label, package in enumerate(PACKAGES):
        docstrings = dict.fromkeys(_docstrings(package))
        for number, text in enumerate(docstrings):
            split = "train" if number % 4 else "test"
            parts = re.split(r"\n\s*\n", text.strip())
            for place, part in enumerate(parts):
                words = _prose(part)
                if words and words not in known:
                    known.add(words)
                    source = label, number
                    found.append(
                        _Paragraph(words, label, int(place == 0), split, source)
                    )
    return found


def _prose(text):
    """The words of a paragraph of prose; none of code, lists and titles."""
    if any(sign in text for sign in (">>>", "---", "===", "```")):
        return ()
    words = _WORD.findall(text.lower())
    letters = sum(word.isalpha() for word in words)
    if letters < 8 or letters < 0.75 * len(words):
        return ()
    return tuple(word for word in words if word not in _NAMES)


def _docstrings(package):
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise InputError(
            f"The sentences are docstrings of {', '.join(PACKAGES)}, and "
            f"{package} is not installed. Install tfkd[data]."
        )
    for path in sorted(pathlib.Path(spec.origin).parent.rglob("*.py")):
        if "tests" in path.parts or path.name.endswith("_test.py"):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        yield from re.findall(r'"""(.*?)"""', text, re.DOTALL)
