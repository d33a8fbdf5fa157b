"""Shard functions that cost nothing: workers import no TensorFlow for them."""

import os
import pathlib
import time

from tfkd.data import shards
from tfkd.errors import InputError


def tasks(folder, sizes=(3, 1, 4, 1, 5, 2)):
    """Writes one file of lines a shard; returns the tasks."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    result = []
    for number, size in enumerate(sizes):
        source = folder / f"{number}.in"
        source.write_text("".join(f"line {i}\n" for i in range(size)))
        target = str(folder / f"{number}.out")
        result.append({"source": str(source), "target": target, "count": size})
    return result


def write(task, lines, read):
    """Writes lines and returns the report."""
    pathlib.Path(task["target"]).write_text("".join(lines))
    return {
        "records_in": read,
        "records_out": len(lines),
        "sha256": shards.file_sha256(task["target"]),
        "pid": os.getpid(),
    }


def read(task):
    return pathlib.Path(task["source"]).read_text().splitlines(keepends=True)


def upper(task):
    lines = read(task)
    return write(task, [line.upper() for line in lines], len(lines))


def slow_upper(task):
    """Takes long enough for a second worker to take its share."""
    time.sleep(0.05)
    return upper(task)


def half(task):
    """Loses the second half of every shard."""
    lines = read(task)
    return write(task, lines[: len(lines) // 2], len(lines))


def half_read(task):
    """Reads half of every shard, and is content with it."""
    lines = read(task)
    lines = lines[: len(lines) // 2]
    return write(task, lines, len(lines))


def torn(task):
    """Reports a whole shard, of which the disk has half."""
    report = upper(task)
    path = pathlib.Path(task["target"])
    path.write_text(path.read_text()[:3])
    return report


def never_the_same(task):
    """Another result at every attempt."""
    return upper(task) | {"time": time.monotonic_ns()}


def refuses(task):
    if task["count"] == 4:
        raise InputError("4 is not allowed")
    return upper(task)


def fails(task):
    raise ZeroDivisionError("a defect")
