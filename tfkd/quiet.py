"""Puts native code's chatter on standard error aside."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def aside(descriptor=2):
    """Collects what is written to a descriptor; shows it if the block fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        kept = os.dup(descriptor)
        os.dup2(file.fileno(), descriptor)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(kept, descriptor)
            os.close(kept)
            if failed:
                file.seek(0)
                os.write(descriptor, file.read())
