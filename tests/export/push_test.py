import errno
import os
import pathlib
import time

import pytest

from tfkd.errors import InputError
from tfkd.export import push


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a").write_text("1")
    (folder / "b").write_text("2")
    return folder


def test_versions_count_up_and_repeat_nothing(source, tmp_path):
    served = tmp_path / "deep" / "served"
    assert push.push(source, served, ("a", "b")) == (1, True)
    assert push.push(source, served, ("a", "b")) == (1, False)
    (source / "b").write_text("3")
    assert push.push(source, served, ("a", "b")) == (2, True)
    assert sorted(os.listdir(served)) == ["1", "2"]
    assert (served / "1" / "b").read_text() == "2"


def test_an_older_version_may_come_back_as_a_new_one(source, tmp_path):
    push.push(source, tmp_path / "served", ("a",))
    (source / "a").write_text("other")
    push.push(source, tmp_path / "served", ("a",))
    (source / "a").write_text("1")
    assert push.push(source, tmp_path / "served", ("a",)) == (3, True)


@pytest.mark.parametrize(
    ("umask", "folder", "file"), [(0o022, 0o755, 0o644), (0o077, 0o700, 0o600)]
)
def test_permissions_are_those_of_the_umask(
    source, tmp_path, umask, folder, file
):
    before = os.umask(umask)
    try:
        push.push(source, tmp_path / "served", ("a",))
    finally:
        os.umask(before)
    version = tmp_path / "served" / "1"
    assert version.stat().st_mode & 0o777 == folder
    assert (version / "a").stat().st_mode & 0o777 == file


def test_a_failed_copy_leaves_nothing_behind(source, tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(push, "_flush", fail)
    with pytest.raises(InputError, match="written to, received: No space"):
        push.push(source, tmp_path / "served", ("a", "b"))
    assert os.listdir(tmp_path / "served") == []


def test_a_file_that_is_missing_is_named(source, tmp_path):
    with pytest.raises(InputError, match="source lacks c. Export the model"):
        push.push(source, tmp_path / "served", ("a", "c"))
    assert not (tmp_path / "served").exists()


def test_what_a_killed_push_left_goes_after_a_day(source, tmp_path):
    served = tmp_path / "served"
    for name, hours in ((".tmp-new", 1), (".tmp-old", 25)):
        (served / name).mkdir(parents=True)
        then = time.time() - 3600 * hours
        os.utime(served / name, (then, then))
    push.push(source, served, ("a",))
    assert sorted(os.listdir(served)) == [".tmp-new", "1"]


def test_a_version_taken_meanwhile_is_skipped(source, tmp_path, monkeypatch):
    served = tmp_path / "served"
    served.mkdir()
    listed = push.versions(served)
    (served / "1").mkdir()
    (served / "1" / "theirs").write_text("")
    monkeypatch.setattr(push, "versions", lambda directory: listed)
    assert push.push(source, served, ("a",)) == (2, True)
    assert os.listdir(served / "1") == ["theirs"]


def test_home_and_relative_directories_are_understood(
    source, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    push.push(source, "~/home", ("a",))
    push.push(source, "relative", ("a",))
    assert pathlib.Path(tmp_path, "home", "1", "a").is_file()
    assert pathlib.Path(tmp_path, "relative", "1", "a").is_file()
