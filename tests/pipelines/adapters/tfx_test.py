"""What the adapter to TFX takes for granted, without TFX.

`tests/interop/run_tfx.sh` runs the adapter itself under real TFX.
"""

import importlib
import inspect
import json

import pytest

from tfkd.components.base import artifacts
from tfkd.configs import quickstart
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines.adapters import parameters


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    root = str(tmp_path_factory.mktemp("root"))
    config = quickstart.get_config("quick")
    return distillation_pipeline.create(config, root).components


def test_tfx_has_every_base_type(nodes):
    kinds = {node.spec.TYPE_ANNOTATION for node in nodes}
    assert kinds <= {
        *(None, "Train", "Transform", "Process", "Evaluate", "Deploy")
    }
    types = {
        kind.BASE_TYPE
        for _, kind in inspect.getmembers(artifacts, inspect.isclass)
    }
    assert types <= {None, "Dataset", "Model", "Statistics", "Metrics"}


def test_every_component_is_found_by_its_import_path(nodes):
    for node in nodes:
        kind = type(node)
        module = importlib.import_module(kind.__module__)
        assert getattr(module, kind.__qualname__) is kind
        # The adapter writes `__` for each dot of the path.
        assert "__" not in f"{kind.__module__}.{kind.__qualname__}"


def test_every_parameter_travels_as_a_plain_value(nodes):
    for node in nodes:
        encoded = parameters.encode(node)
        assert {type(value) for value in encoded.values()} <= {int, float, str}
        decoded = parameters.decode(node.SPEC_CLASS, encoded)
        assert decoded == json.loads(json.dumps(node.exec_properties))
