"""What a table of results says of where its numbers come from."""

import importlib.metadata
import os
import pathlib
import platform
import subprocess


def commit():
    """Returns the short name of the commit that is checked out."""
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=pathlib.Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()


def line(packages):
    """Returns machine, versions of packages, and commit as one line."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in packages
    )
    return (
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {versions}; commit {commit()}."
    )
