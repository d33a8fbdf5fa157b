import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from tfkd.pipelines import quiet
quiet.install("noisy")
try:
    import noisy
except ZeroDivisionError:
    pass
os.write(2, b"after ")
import noisy.more
print(len([f for f in sys.meta_path if isinstance(f, quiet.QuietImport)]))
"""


@pytest.fixture
def noisy(tmp_path):
    """A package that logs as native code does, and `run`, which imports it."""
    folder = tmp_path / "noisy"
    folder.mkdir()
    (folder / "more.py").write_text("import os\nos.write(2, b'more')\n")

    def run(ending):
        text = f"import os\nos.write(2, b'chatter ')\n{ending}\n"
        (folder / "__init__.py").write_text(text)
        return subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def test_native_chatter_of_an_import_is_put_aside(noisy):
    done = noisy("")
    assert done.stderr == "after more"
    assert done.stdout.strip() == "0"


def test_chatter_of_a_failed_import_is_shown(noisy):
    done = noisy("1 / 0")
    assert done.stderr.startswith("chatter after ")
