"""Keeps TensorFlow's start-up chatter out of the progress view."""

import contextlib
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile


class QuietImport(importlib.abc.MetaPathFinder):
    """Imports a package with its native code's standard error put aside.

    TensorFlow's libraries log to file descriptor 2 before any setting of
    theirs is read, `TF_CPP_MIN_LOG_LEVEL` included, and that tears a live
    table. If the import fails, all that was logged is shown.

    Args:
        package: Name of a top-level package.
    """

    def __init__(self, package="tensorflow"):
        self.package = package

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.package:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                with _aside(2):
                    execute(module)

            spec.loader.exec_module = exec_module
        return spec


def install(package="tensorflow"):
    """Makes the first import of the package a quiet one."""
    waiting = any(isinstance(f, QuietImport) for f in sys.meta_path)
    if package not in sys.modules and not waiting:
        sys.meta_path.insert(0, QuietImport(package))


@contextlib.contextmanager
def _aside(descriptor):
    """Collects what is written; shows it only if the block fails."""
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
