"""A metadata store: a file, and short transactions on it."""

import contextlib
import os
import sqlite3

from tfkd.pipelines.metadata import schema
from tfkd.pipelines.metadata.transaction import Transaction


class MetadataStore:
    """An SQLite file with ML Metadata's tables.

    Every transaction opens a connection of its own, so a store can be used
    from any thread. Keep transactions short: the real ML Metadata client
    gives up after one to three seconds of waiting.

    Args:
        path: The file; created, with its tables, if absent.

    Raises:
        InputError: If the file is damaged, no ML Metadata store, or of
            another schema version.
    """

    def __init__(self, path):
        self.path = os.path.abspath(path)
        schema.prepare(self.path)

    @contextlib.contextmanager
    def transaction(self):
        """Yields a `Transaction`; commits on success, else rolls back."""
        yield from self._run("BEGIN IMMEDIATE")

    @contextlib.contextmanager
    def snapshot(self):
        """Yields a `Transaction` for reading only: one consistent view."""
        yield from self._run("BEGIN DEFERRED")

    def _run(self, begin):
        try:
            connection = schema.connect(self.path)
            try:
                connection.execute(begin)
                try:
                    yield Transaction(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise schema.explain(error, self.path) from error
