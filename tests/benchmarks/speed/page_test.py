"""The page of the speed benchmarks, without measuring anything."""

import types

import pytest

from benchmarks.speed import markdown
from benchmarks.speed import page
from benchmarks.speed import store as store_lib

ENTRY = {"load": [0.5, 1.5], "machine": "Machine: 2 cores; commit abc."}


@pytest.fixture
def store(tmp_path):
    return store_lib.Store(tmp_path / "speed.json", tmp_path / "lock")


def render(store, quick=False):
    module = types.SimpleNamespace(
        TITLE="A step",
        settings=lambda quick: {"rounds": 3},
        units=lambda settings: ["a", "b"],
        section=lambda results, settings: f"Found: {results}",
    )
    return page.render("make bench", {"step": module}, store, quick)


def test_a_unit_without_result_is_said_to_be_not_measured(store):
    store.save("step", "a", {"rounds": 3}, {"why": "no peer.", **ENTRY})
    text = render(store)
    assert "Not measured: a: no peer." in text
    assert "Not measured: b: this command has not come to it." in text
    assert "Found" not in text


def test_a_section_says_settings_machine_and_load(store):
    store.save("step", "a", {"rounds": 3}, {"result": 7, **ENTRY})
    text = render(store)
    assert "Found: {'a': 7}" in text
    assert "rounds = 3" in text
    assert "Machine: 2 cores; commit abc." in text
    assert "Load average while measuring: 0.5 to 1.5." in text


def test_a_machine_has_the_commits_that_it_measured(store):
    for unit, machine, commit in (("a", "small", "abc"), ("b", "large", "def")):
        entry = {"result": 7, "load": [0.5, 1.5]}
        entry["machine"] = f"Machine: {machine}; commit {commit}."
        store.save("step", unit, {"rounds": 3}, entry)
    text = render(store)
    assert "Machine: small; commit abc.\n" in text
    assert "Machine: large; commit def.\n" in text


def test_results_of_other_settings_are_left_out(store):
    store.save("step", "a", {"rounds": 99}, {"result": 7, **ENTRY})
    assert "Found" not in render(store)


def test_quick_numbers_are_no_evidence(store):
    assert "no evidence" in render(store, quick=True)
    assert "no evidence" not in render(store)


@pytest.mark.parametrize(
    ("value", "at_least", "verdict"),
    [
        (1.02, False, "met"),
        (1.03, False, "**not met**"),
        (1.03, True, "met"),
        (1.01, True, "**not met**"),
    ],
)
def test_a_goal_is_met_or_not_met(value, at_least, verdict):
    text = markdown.goal(value, 1.0, 1.02, at_least=at_least)
    assert text.split(":")[0] == verdict


def test_a_missed_goal_does_not_read_as_met():
    assert "CPU 1.021, " in markdown.goal(1.0213, 1.0, 1.02)
    assert "CPU 1.0201, " in markdown.goal(1.02008, 1.0, 1.02)
    assert "CPU 1.496, " in markdown.goal(1.4962, 1.0, 1.5, at_least=True)
    assert "CPU 1.01, " in markdown.goal(1.0113, 1.0, 1.02)


def test_a_table_is_markdown():
    assert markdown.table(["a", "b"], [[1, 2]]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| 1 | 2 |",
    ]


def test_what_lacks_for_one_reason_stands_in_one_line():
    text = markdown.not_measured({"a": "late.", "b": "no peer.", "c": "late."})
    assert [line.strip() for line in text] == [
        "Not measured: a; c: late.",
        "Not measured: b: no peer.",
    ]
