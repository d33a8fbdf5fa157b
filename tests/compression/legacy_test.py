import builtins
import os
import subprocess
import sys

import pytest

from tfkd.compression import legacy as module
from tfkd.errors import InputError


def test_the_environment_stays_as_it_was(legacy):
    assert legacy["legacy"]["variable"] is None


def test_this_process_knows_nothing_of_it(legacy):
    assert "tensorflow_model_optimization" not in sys.modules
    assert "TF_USE_LEGACY_KERAS" not in os.environ


def test_a_missing_tfmot_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def importing(name, *args, **kwargs):
        if name.startswith("tensorflow_model_optimization"):
            raise ImportError("No module named tfmot")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(
        InputError, match="No module named tfmot.*pip install .*'int8_ptq'"
    ):
        module.tfmot()
    assert "TF_USE_LEGACY_KERAS" not in os.environ


def test_compression_is_imported_without_it():
    source = (
        "import sys, keras\n"
        "from tfkd.compression import api, child, bridge, stages\n"
        "names = ('tf_keras', 'tensorflow_model_optimization')\n"
        "sys.exit(' '.join(n for n in names if n in sys.modules) or 0)\n"
    )
    child = subprocess.run([sys.executable, "-c", source], capture_output=True)
    assert child.returncode == 0, child.stderr
