"""What was measured, saved as it is made."""

import fcntl
import json
import os


class Store:
    """A JSON file of measurement to unit to entry.

    An entry has the `settings` it was measured with, and `result`, or `why`
    there is none.

    Args:
        path: The file, which need not exist.
        lock: A file that is locked while it is written.
    """

    def __init__(self, path, lock):
        self.path, self.lock = path, lock
        self.entries = {}
        self._read()

    def entry(self, measurement, unit, settings):
        """Returns the entry, or `None` if its settings were others."""
        entry = self.entries.get(measurement, {}).get(unit)
        return (
            entry if entry and entry["settings"] == _plain(settings) else None
        )

    def done(self, measurement, unit, settings):
        """Whether there is a result; a reason for none is tried again."""
        entry = self.entry(measurement, unit, settings)
        return entry is not None and "result" in entry

    def save(self, measurement, unit, settings, entry):
        """Adds an entry to what other processes may have saved meanwhile."""
        entry = _plain({**entry, "settings": settings})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.lock, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read()
            self.entries.setdefault(measurement, {})[unit] = entry
            partial = self.path.with_suffix(".partial")
            text = json.dumps(self.entries, indent=1, sort_keys=True)
            partial.write_text(text + "\n")
            os.replace(partial, self.path)

    def _read(self):
        if self.path.exists():
            self.entries = json.loads(self.path.read_text())


def _plain(value):
    """Returns what JSON makes of a value: lists for tuples, text keys."""
    return json.loads(json.dumps(value))
