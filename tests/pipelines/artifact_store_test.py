import errno
import os
import shutil
import types

import pytest

from tfkd.errors import InputError
from tfkd.pipelines import artifact_store


@pytest.fixture
def published(tmp_path):
    store = artifact_store.NodeStore(str(tmp_path), "Node")
    staged = store.stage(["model"], 5)["model"]
    os.mkdir(os.path.join(staged, "sub"))
    with open(os.path.join(staged, "sub", "weights"), "w") as file:
        file.write("12345")
    return store.publish("model", 5)


@pytest.mark.parametrize("name", ["..", "../other", "/tmp", ""])
def test_no_name_leads_out_of_the_root(tmp_path, name):
    with pytest.raises(InputError, match="must be a plain name"):
        artifact_store.NodeStore(str(tmp_path), name)
    store = artifact_store.NodeStore(str(tmp_path), "Node")
    for use in (lambda: store.stage([name], 1), lambda: store.output(name, 1)):
        with pytest.raises(InputError, match="must be a plain name"):
            use()


def test_publish_moves_the_output_into_place(published, tmp_path):
    path, digest = published
    assert path == str(tmp_path / "Node" / "model" / "5")
    assert sorted(os.listdir(path)) == [".tfkd_manifest.json", "sub"]
    assert artifact_store.damage(path, digest) is None


def test_digest_depends_on_content_alone(published, tmp_path):
    path, digest = published
    copy = tmp_path / "copy"
    shutil.copytree(path, copy)
    assert artifact_store.write_manifest(copy) == digest
    (copy / "sub" / "weights").write_text("12346")
    assert artifact_store.write_manifest(copy) != digest


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda p: (p / "sub/weights").write_text("1"), "has 1 bytes, not 5"),
        (lambda p: (p / "sub/weights").write_text("54321"), "other content"),
        (lambda p: (p / "sub/weights").unlink(), "weights is missing"),
        (lambda p: (p / "extra").write_text(""), "extra was added"),
        (lambda p: (p / ".tfkd_manifest.json").unlink(), "is missing"),
        (lambda p: (p / ".tfkd_manifest.json").write_text("{"), "be read"),
        (
            lambda p: (p / ".tfkd_manifest.json").write_text('{"files": []}'),
            "manifest.json was changed",
        ),
        (shutil.rmtree, "is missing"),
    ],
)
def test_damage_is_found_and_named(published, tmp_path, spoil, words):
    path, digest = published
    spoil(tmp_path / "Node" / "model" / "5")
    assert words in artifact_store.damage(path, digest)


def test_refuses_links_in_artifacts(tmp_path):
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(ValueError, match="plain files, found a link"):
        artifact_store.write_manifest(tmp_path)


def test_execution_ids_continue_above_older_directories(published, tmp_path):
    store = artifact_store.NodeStore(str(tmp_path), "Node")
    assert store.next_execution_id(["model", "other"]) == 6
    assert store.next_execution_id(["other"]) == 1


def test_check_root_creates_the_directory(tmp_path):
    artifact_store.check_root(str(tmp_path / "a" / "b"))
    assert os.listdir(tmp_path / "a" / "b") == []


def test_check_root_refuses_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be a writable directory"):
        artifact_store.check_root(str(tmp_path / "file"))


def test_check_root_refuses_a_disk_that_is_nearly_full(tmp_path, monkeypatch):
    usage = types.SimpleNamespace(free=3 * 1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match="200 MB of free space.*has 3 MB"):
        artifact_store.check_root(str(tmp_path))


def test_a_full_disk_is_seen_through_wrappers():
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    wrapped = RuntimeError("in a worker")
    wrapped.__cause__ = full
    assert artifact_store.is_disk_full(full)
    assert artifact_store.is_disk_full(wrapped)
    text = "ResourceExhausted: /x; No space left on device"
    assert artifact_store.is_disk_full(RuntimeError(text))
    assert not artifact_store.is_disk_full(OSError(errno.EIO, "broken"))
