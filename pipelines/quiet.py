"""Keeps TensorFlow's start-up chatter out of the progress view."""

import importlib.abc
import importlib.machinery
import sys

from tfkd import quiet


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
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                with quiet.aside():
                    execute(module)

            spec.loader.exec_module = exec_module
        return spec


def install(package="tensorflow"):
    """Makes the first import of the package a quiet one."""
    waiting = any(isinstance(f, QuietImport) for f in sys.meta_path)
    if package not in sys.modules and not waiting:
        sys.meta_path.insert(0, QuietImport(package))
