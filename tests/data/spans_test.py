import re

import pytest

from tfkd.data import source as source_lib
from tfkd.data import spans
from tfkd.errors import InputError


def folder(path, **changes):
    return {"kind": "image_folder", "path": path, "image_size": [4, 4]} | (
        changes
    )


def records(pattern, **changes):
    return {
        "kind": "tfrecord",
        "pattern": pattern,
        "features": {"image": "image", "label": "label"},
        "image_encoding": "raw_uint8",
        "image_shape": [2, 2, 1],
        "class_names": ["a", "b"],
    } | changes


@pytest.fixture
def root(tmp_path):
    for name in ("span-1", "span-2", "span-10", "span-x", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.tfrecord").touch()
        (tmp_path / name / "b.tfrecord").touch()
    return tmp_path


def numbers(source):
    return [span for span, _, _ in spans.find(source)]


def test_spans_are_in_the_order_of_their_numbers(root):
    source = folder(f"{root}/span-{{SPAN}}")
    assert spans.used(source)
    assert spans.find(source) == [
        (span, str(span), folder(f"{root}/span-{span}")) for span in (1, 2, 10)
    ]


def test_a_last_span_and_a_number_of_them_can_be_chosen(root):
    source = folder(f"{root}/span-{{SPAN}}")
    assert numbers(source | {"span": 2}) == [1, 2]
    assert numbers(source | {"num_spans": 2}) == [2, 10]
    assert numbers(source | {"num_spans": 1, "span": 2}) == [2]
    assert numbers(source | {"num_spans": 9}) == [1, 2, 10]


def test_a_width_and_further_wildcards_are_allowed(root):
    source = records(f"{root}/span-{{SPAN:2}}/*.tfrecord")
    ((span, _, one),) = spans.find(source)
    assert (span, one["pattern"]) == (10, f"{root}/span-10/*.tfrecord")
    both = records(
        {
            "train": f"{root}/span-{{SPAN}}/a.*",
            "test": f"{root}/span-{{SPAN}}/b.*",
        }
    )
    assert spans.find(both)[0][2]["pattern"] == {
        "train": f"{root}/span-1/a.*",
        "test": f"{root}/span-1/b.*",
    }


def test_two_stars_find_spans_at_any_depth(root):
    (root / "span-11" / "deep" / "er").mkdir(parents=True)
    (root / "span-11" / "deep" / "er" / "a.tfrecord").touch()
    source = records(f"{root}/span-{{SPAN}}/**/*.tfrecord")
    assert numbers(source) == [1, 2, 10, 11]


def test_the_span_of_a_date_is_its_day_since_1970(tmp_path):
    for name in ("1970-01-01", "2026-11-24", "2026-11-25"):
        (tmp_path / name).mkdir()
    found = spans.find(folder(f"{tmp_path}/{{YYYY}}-{{MM}}-{{DD}}"))
    # 56 years with 14 leap days, and 324 and 325 days of 2026 before these.
    assert [span for span, _, _ in found] == [0, 20781, 20782]
    assert found[-1][1] == "2026-11-25"


def test_a_source_without_spans_has_none():
    assert not spans.used(folder("images"))
    assert not spans.used({"kind": "tfds", "name": "digits"})


def test_the_fingerprint_is_that_of_every_chosen_span(root):
    source = records(f"{root}/span-{{SPAN}}/*.tfrecord")
    before = source_lib.fingerprint(source)
    assert set(before) == {"1", "2", "10"}
    (root / "span-2" / "a.tfrecord").write_text("more")
    after = source_lib.fingerprint(source)
    assert {key for key in before if before[key] != after[key]} == {"2"}
    assert set(source_lib.fingerprint(source | {"num_spans": 1})) == {"10"}


@pytest.mark.parametrize(
    ("place", "changes", "message"),
    [
        ("span-{SPAN}", {"span": 3}, "that there is, received 3; .* 1 to 10"),
        ("span-{SPAN}", {"num_spans": 0}, "of at least 1, received 0"),
        ("span-{SPAN}", {"span": "2"}, "must be a whole number, received '2'"),
        ("span-{SPAN}", {"max_examples": 9}, "max_examples cannot be used"),
        ("none-{SPAN}", {}, "must have spans; .* matches none"),
        ("{SPAN}-{SPAN}", {}, "must have {SPAN} once"),
        ("{YYYY}-{MM}", {}, "{YYYY}, {MM} and {DD} once each"),
        ("span-1", {"span": 1}, "source.span needs a place with {SPAN}"),
    ],
)
def test_mistakes_are_told(root, place, changes, message):
    pattern = message if ".*" in message else re.escape(message)
    with pytest.raises(InputError, match=pattern):
        source_lib.check(folder(f"{root}/{place}", **changes))


def test_all_classes_of_records_must_be_named(root):
    source = records(f"{root}/span-{{SPAN}}/*.tfrecord", class_names=None)
    with pytest.raises(InputError, match="must list all classes"):
        source_lib.check(source)


def test_a_span_under_two_names_is_refused(tmp_path):
    for name in ("span-7", "span-07"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="are both span 7"):
        spans.find(folder(f"{tmp_path}/span-{{SPAN}}"))


def test_a_date_that_is_none_is_refused(tmp_path):
    (tmp_path / "2026-02-30").mkdir()
    with pytest.raises(InputError, match="must exist, received 2026-02-30"):
        spans.find(folder(f"{tmp_path}/{{YYYY}}-{{MM}}-{{DD}}"))
