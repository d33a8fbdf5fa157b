"""Spans: data that grow by a folder or a file a night, as in TFX.

`{SPAN}` in a source's path or pattern stands for the number of a span,
`{SPAN:3}` for one of three digits, and `{YYYY}`, `{MM}` and `{DD}` for a
date, whose span is the number of days since 1970.
"""

import datetime
import glob
import re

from tfkd.errors import InputError

_TOKEN = re.compile(r"\{(SPAN(?::[1-9])?|YYYY|MM|DD)\}")
_DATE = ("YYYY", "MM", "DD")
_DIGITS = {"YYYY": r"\d{4}", "MM": r"\d{2}", "DD": r"\d{2}"}
# Keys that choose among spans, and say nothing of one.
CHOICE = ("span", "num_spans")


def place(source):
    """Returns the key of a source that says where its files are, or None."""
    return {"tfrecord": "pattern", "image_folder": "path"}.get(source["kind"])


def used(source):
    """Says whether a source has spans."""
    return any(_TOKEN.search(text) for text in _patterns(source).values())


def check(source):
    """Checks the choice of spans.

    Raises:
        InputError: If a token or a number is wrong, or there are no spans.
    """
    for key in CHOICE:
        value = source.get(key)
        if value is None:
            continue
        if not used(source):
            raise InputError(
                f"source.{key} needs a place with {{SPAN}}, such as "
                f"data/span-{{SPAN}}; received source.{place(source)}="
                f"{source.get(place(source))!r}. Leave it out."
            )
        if type(value) is not int or value < (key == "num_spans"):
            raise InputError(
                f"source.{key} must be a whole number"
                f"{' of at least 1' * (key == 'num_spans')}, received "
                f"{value!r}."
            )
    if used(source):
        _check_used(source)


def _check_used(source):
    if source.get("max_examples") is not None:
        raise InputError(
            "source.max_examples cannot be used with spans: which examples "
            "are left out would change every night. Use source.num_spans."
        )
    if source["kind"] == "tfrecord" and not source.get("class_names"):
        raise InputError(
            "A source with spans must list all classes in "
            "source.class_names, also those that come later; it is not set."
        )
    find(source)


def find(source):
    """Finds the spans of a source.

    Args:
        source: A checked source that has spans; of those that there are, the
            newest one or `span` is the last, and `num_spans` of them, or all,
            are taken.

    Returns:
        List of `(span, name, source of this span alone)`, oldest first.

    Raises:
        InputError: If a token is wrong, or there are no such spans.
    """
    key = place(source)
    found = {}
    for split, pattern in _patterns(source).items():
        for texts in _matches(pattern):
            span, name = _span(texts)
            others = found.setdefault(span, {})
            if others.setdefault("", name) != name:
                raise InputError(
                    f"Every span must be there once; {others['']!r} and "
                    f"{name!r} are both span {span} of {pattern!r}. Rename "
                    "one of them."
                )
            others[split] = _filled(pattern, texts)
    chosen = _chosen(source, sorted(found))
    rest = {k: v for k, v in source.items() if k not in (key, *CHOICE)}
    units = []
    for span in chosen:
        name = found[span].pop("")
        where = found[span]
        if isinstance(source[key], str):
            where = where["train"]
        units.append((span, name, {**rest, key: where}))
    return units


def _patterns(source):
    """Returns split to pattern; a source without splits has train alone."""
    value = (place(source) and source.get(place(source))) or {}
    patterns = {"train": value} if isinstance(value, str) else value
    return {split: text for split, text in patterns.items() if text}


def _chosen(source, known):
    last = source.get("span")
    if last is not None and last not in known:
        raise InputError(
            f"source.span must be a span that there is, received {last}; "
            f"{_told(source, known)}"
        )
    taken = [span for span in known if last is None or span <= last]
    if not taken:
        raise InputError(f"A source must have spans; {_told(source, known)}")
    return taken[-source["num_spans"] :] if source.get("num_spans") else taken


def _told(source, known):
    where = f"source.{place(source)}={source[place(source)]!r}"
    if not known:
        return f"{where} matches none. Check the path."
    return f"{where} has {known[0]} to {known[-1]}, {len(known)} of them."


def _matches(pattern):
    """Returns the texts of the tokens, once for each span that matches."""
    names = [token.partition(":")[0] for token in _TOKEN.findall(pattern)]
    if sorted(names) not in (["SPAN"], sorted(_DATE)):
        raise InputError(
            "A place with spans must have {SPAN} once, or {YYYY}, {MM} and "
            f"{{DD}} once each, received {pattern!r}."
        )
    parts = _TOKEN.split(pattern)
    regex = "".join(
        f"({_digits(part)})" if number % 2 else _as_regex(part)
        for number, part in enumerate(parts)
    )
    globbed = "".join("*" if n % 2 else p for n, p in enumerate(parts))
    paths = glob.glob(globbed, recursive=True)
    found = [re.fullmatch(regex, path) for path in paths]
    return {tuple(zip(names, m.groups())) for m in found if m}


def _digits(token):
    width = token.partition(":")[2]
    return f"\\d{{{width}}}" if width else _DIGITS.get(token, r"\d+")


def _as_regex(text):
    """Translates the stars and question marks of a glob."""
    translated = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|[*?])", text)
    return "".join(translated.get(part) or re.escape(part) for part in parts)


def _span(texts):
    """Returns a span's number and its name."""
    values = dict(texts)
    if "SPAN" in values:
        return int(values["SPAN"]), values["SPAN"]
    name = "-".join(values[part] for part in _DATE)
    try:
        date = datetime.date.fromisoformat(name)
    except ValueError:
        raise InputError(
            f"The date of a span must exist, received {name}. Rename it."
        ) from None
    return (date - datetime.date(1970, 1, 1)).days, name


def _filled(pattern, texts):
    values = dict(texts)
    return _TOKEN.sub(lambda m: values[m[1].partition(":")[0]], pattern)
