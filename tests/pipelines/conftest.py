import pathlib
import sys

import pytest

from tfkd.pipelines import fingerprint

# `pipeline_fakes` is imported by name, also by the runner.
sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(autouse=True)
def _library_as_it_is_now():
    # A test may compare its keys with those of a process that it starts.
    fingerprint.library_digest.cache_clear()


@pytest.fixture(autouse=True)
def _fakes_as_they_were():
    import pipeline_fakes

    pipeline_fakes.calls.clear()
    pipeline_fakes.behaviour.clear()


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A command line that runs four small components, not the config's."""
    import pipeline_fakes

    from tfkd.pipelines import run

    monkeypatch.setattr(
        run.distillation_pipeline,
        "create",
        lambda config, root, **options: pipeline_fakes.build(root, **options),
    )
    root = f"--pipeline_root={tmp_path / 'root'}"
    return ["run", pipeline_fakes.QUICKSTART, root]
