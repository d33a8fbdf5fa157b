"""What was measured is kept, and is measured again when settings change."""

import json

import pytest

from benchmarks.speed import store as store_lib


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "speed.json"


def open_store(path):
    return store_lib.Store(path, path.parents[1] / "lock")


def test_an_interrupted_run_goes_on(path):
    store = open_store(path)
    assert not store.done("step", "a", {"rounds": 3})
    store.save("step", "a", {"rounds": 3}, {"result": {"seconds": [1.0]}})
    again = open_store(path)
    assert again.done("step", "a", {"rounds": 3})
    assert not again.done("step", "b", {"rounds": 3})
    assert again.entry("step", "a", {"rounds": 3})["result"] == {
        "seconds": [1.0]
    }


def test_other_settings_are_measured_again(path):
    store = open_store(path)
    store.save("step", "a", {"rounds": 3}, {"result": 1})
    assert not store.done("step", "a", {"rounds": 4})
    assert store.entry("step", "a", {"rounds": 4}) is None


def test_settings_are_compared_as_json_has_them(path):
    store = open_store(path)
    store.save("step", "a", {"taps": ("x",), "sizes": {1: 2}}, {"result": 1})
    assert store.done("step", "a", {"taps": ("x",), "sizes": {1: 2}})


def test_what_was_not_measured_is_tried_again(path):
    store = open_store(path)
    store.save("peers", "a", {}, {"why": "it is not installed"})
    assert not store.done("peers", "a", {})
    assert store.entry("peers", "a", {})["why"] == "it is not installed"


def test_the_file_is_always_whole(path):
    store = open_store(path)
    store.save("step", "a", {}, {"result": 1})
    store.save("step", "b", {}, {"result": 2})
    assert set(json.loads(path.read_text())["step"]) == {"a", "b"}
    assert [file.name for file in path.parent.iterdir()] == ["speed.json"]


def test_two_processes_do_not_lose_each_others_entries(path):
    first, second = open_store(path), open_store(path)
    first.save("step", "a", {}, {"result": 1})
    second.save("step", "b", {}, {"result": 2})
    assert set(json.loads(path.read_text())["step"]) == {"a", "b"}
