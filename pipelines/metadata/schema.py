"""Creates and recognises a database of ML Metadata's schema version 10."""

import importlib.resources
import os
import sqlite3
import tempfile

from tfkd.errors import InputError
from tfkd.pipelines.metadata.records import BUILT_IN_TYPES

VERSION = 10
BUSY_SECONDS = 60


def connect(path):
    """Opens a connection in autocommit mode with a busy timeout.

    Raises:
        sqlite3.Error: If the file cannot be opened.
    """
    quoted = str(path).replace("%", "%25").replace("?", "%3f")
    quoted = quoted.replace("#", "%23")
    connection = sqlite3.connect(
        f"file:{quoted}?mode=rwc",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
    )
    connection.row_factory = sqlite3.Row
    return connection


def statements():
    """Returns the DDL, one statement an item."""
    folder = importlib.resources.files("tfkd.pipelines.metadata")
    text = (folder / "mlmd_schema_v10.sql").read_text()
    return [part.strip() for part in text.split(";") if part.strip()]


def prepare(path):
    """Creates the tables in an absent or empty file, checks any other.

    Raises:
        InputError: If the file is damaged, is no ML Metadata store, has
            another schema version, or stays locked.
    """
    try:
        connection = connect(path)
        try:
            _prepare(connection, path)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise explain(error, path) from error


def _tables(connection):
    rows = connection.execute("SELECT name FROM sqlite_master").fetchall()
    return {row["name"] for row in rows}


def _prepare(connection, path):
    if _tables(connection):
        _check(connection, path, _tables(connection))
        # WAL is unsafe on network disks and surprises other readers.
        connection.execute("PRAGMA journal_mode=delete")
        return
    # Statement by statement inside one IMMEDIATE transaction: of two first
    # runs at the same time, one creates and the other then finds tables.
    connection.execute("BEGIN IMMEDIATE")
    try:
        tables = _tables(connection)
        if not tables:
            for statement in statements():
                connection.execute(statement)
            connection.execute("INSERT INTO MLMDEnv VALUES (?)", (VERSION,))
            connection.executemany(
                "INSERT INTO Type (id, name, type_kind) VALUES (?, ?, ?)",
                [(i + 1, n, int(k)) for i, (n, k) in enumerate(BUILT_IN_TYPES)],
            )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    if tables:
        _check(connection, path, tables)


def _check(connection, path, tables):
    if "MLMDEnv" not in tables or "Execution" not in tables:
        raise InputError(
            f"The metadata file {path} must be an ML Metadata store, but it "
            f"holds the tables {sorted(tables)[:5]}. Give another "
            "metadata_path, or move that file away."
        )
    rows = connection.execute("SELECT schema_version FROM MLMDEnv").fetchall()
    found = [row["schema_version"] for row in rows]
    if found != [VERSION]:
        raise InputError(
            f"The metadata store {path} must have ML Metadata's schema "
            f"version {VERSION} (ml-metadata 1.13 to 1.21), but has "
            f"{found[0] if len(found) == 1 else found}. Use another "
            "pipeline_root or metadata_path."
        )
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise InputError(_damaged(path, verdict))


def _damaged(path, detail):
    return (
        f"The metadata store {path} is damaged or is no SQLite file "
        f"({detail}). Restore it from a backup, or move it away: the next "
        "run then starts a new one and runs every component again."
    )


def explain(error, path):
    """Turns an `sqlite3.Error` into an `InputError` that says what to do.

    Returns an `sqlite3.Error` that is no user's mistake unchanged.
    """
    text = str(error)
    if "locked" in text:
        return InputError(
            f"The metadata store {path} was locked by another process for "
            f"{BUSY_SECONDS} s. Stop that process, then run again."
        )
    if "not a database" in text or "malformed" in text:
        return InputError(_damaged(path, text))
    if "disk is full" in text:
        return InputError(
            f"No space left to write the metadata store {path}. Free some "
            "space on that disk, then run again; finished components are "
            "kept."
        )
    if "unable to open" in text or "readonly" in text:
        return InputError(_unwritable(path, text))
    return error


def check_place(path):
    """Checks that a store can be written at a path; leaves no file there.

    Raises:
        InputError: If its directory does not exist, or one of the two cannot
            be written to.
    """
    try:
        # SQLite's journal lies beside the file.
        with tempfile.TemporaryFile(dir=os.path.dirname(path)) as file:
            file.write(b"\0")
        if os.path.lexists(path):
            with open(path, "r+b"):
                pass
    except OSError as error:
        raise InputError(_unwritable(path, error.strerror)) from error


def _unwritable(path, detail):
    return (
        f"The metadata store {path} must be a writable file in an existing "
        f"directory ({detail}). Check its path and permissions."
    )
