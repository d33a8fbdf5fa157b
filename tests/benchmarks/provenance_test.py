import subprocess

import pytest

from benchmarks import provenance


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of two commits; the results are of the first one."""

    def git(*words):
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        return subprocess.run(
            ["git", *who, *words],
            cwd=tmp_path,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()

    (tmp_path / "tfkd").mkdir()
    (tmp_path / "tfkd/code.py").write_text("1\n")
    git("init", "--quiet")
    names = []
    for name in ("results.json", "page.md"):
        (tmp_path / name).write_text("{}\n")
        git("add", ".")
        git("commit", "--quiet", "--message", name)
        names.append(git("rev-parse", "--short", "HEAD"))
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    return tmp_path, names


def test_a_commit_is_told_from_code_that_differs_from_it(repository):
    folder, (_, second) = repository
    # Results that are being written are no change of the code.
    (folder / "results.json").write_text("{1: 2}\n")
    assert provenance.commit() == second
    (folder / "tfkd/code.py").write_text("2\n")
    assert provenance.commit() == f"{second} with changes"


def test_a_page_does_not_claim_its_commit_for_runs_that_were_kept(repository):
    folder, (first, second) = repository
    runs = [{"commit": "abc"}, {}, {"commit": "abc"}]
    path = folder / "results.json"
    said = provenance.kept(["numpy"], runs, [path], "a method")
    page, _, earlier = said.partition("Runs are kept until a method changes")
    assert f"commit {second}." in page
    assert second not in earlier
    assert "2 at abc; 1 do not say where" in earlier
    assert f"last committed at {first}." in earlier
