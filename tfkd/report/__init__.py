"""The report of a pipeline run, and the diagnosis of a distillation.

`results` reads the artifacts, `facts` derives what is said about them,
`plots` and `samples` draw, `page` and `summary` write. `diagnose` is for
models and data in memory. Matplotlib, Pillow and jinja2 are imported when a
page is rendered, not before.
"""

import importlib

__all__ = ["Diagnosis", "diagnose"]


def __getattr__(name):
    if name in __all__:
        module = importlib.import_module("tfkd.report.diagnosis.diagnose")
        return getattr(module, name)
    raise AttributeError(f"module 'tfkd.report' has no attribute {name!r}")
