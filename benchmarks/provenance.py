"""What a table of results says of where its numbers come from."""

import collections
import importlib.metadata
import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).parents[1]
# What numbers come from: a change elsewhere does not make a commit another.
CODE = ("tfkd", "components", "pipelines", "benchmarks")


def commit():
    """Returns the commit that is checked out, and whether code differs."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *CODE)
    return _git("rev-parse", "--short", "HEAD") + (
        " with changes" if changed else ""
    )


def line(packages):
    """Returns machine, versions of packages, and commit, all as of now.

    Of a page that is written from results that were kept, it says nothing of
    them: see `kept`.
    """
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in packages
    )
    return (
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {versions}; commit {commit()}."
    )


def kept(packages, runs, paths, until):
    """Says where results come from that were kept until a page was written.

    Args:
        packages: Names of packages.
        runs: Results that the page shows, with `commit` where it is known.
        paths: Files that hold them.
        until: Change of what has a run repeated, a phrase.
    """
    known = collections.Counter(run.get("commit", "") for run in runs)
    unknown = known.pop("", 0)
    told = [f"{count} at {name}" for name, count in sorted(known.items())]
    if unknown:
        last = {_git("log", "-1", "--format=%h", "--", str(p)) for p in paths}
        told.append(
            f"{unknown} do not say where; their files were last committed at "
            f"{', '.join(sorted(filter(None, last))) or 'no commit yet'}"
        )
    return (
        f"Page written on this machine and commit. {line(packages)} Runs are "
        f"kept until {until} changes; other code may have changed since they "
        f"were measured: {'; '.join(told)}."
    )


def _git(*arguments):
    return subprocess.run(
        # A measurement beside must not find the index locked.
        ["git", "--no-optional-locks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
