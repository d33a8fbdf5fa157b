import copy
import inspect
import re

import pytest

from tfkd.components.base import artifacts

TYPES = [
    kind
    for _, kind in inspect.getmembers(artifacts, inspect.isclass)
    if kind is not artifacts.Artifact
]
# Kubeflow takes no other names than TFX's own and these.
CUSTOM = r"[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}"
STANDARD = {
    "ExampleAnomalies",
    "ExampleStatistics",
    "Examples",
    "HyperParameters",
    "InfraBlessing",
    "Model",
    "ModelBlessing",
    "ModelEvaluation",
    "ModelRun",
    "PushedModel",
    "Schema",
}


def test_declared_properties_are_attributes():
    examples = artifacts.Examples("/data", 3)
    assert (examples.span, examples.split_names) == (0, "")
    examples.split_names = '["train"]'
    assert examples.properties == {"split_names": '["train"]'}
    assert copy.deepcopy(examples).split_names == '["train"]'


def test_an_undeclared_property_is_no_attribute():
    with pytest.raises(AttributeError, match="no property 'spam'.*span"):
        _ = artifacts.Examples().spam


def test_custom_properties_have_tfx_s_accessors():
    blessing = artifacts.ModelBlessing()
    blessing.set_int_custom_property("blessed", 1)
    blessing.set_string_custom_property("current_model", "/model")
    blessing.set_float_custom_property("accuracy", 1)
    assert blessing.custom_properties == {
        "blessed": 1,
        "current_model": "/model",
        "accuracy": 1.0,
    }
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("baseline_model_id") == 0
    assert blessing.get_string_custom_property("current_model") == "/model"
    assert blessing.get_string_custom_property("baseline_model") == ""
    assert blessing.get_float_custom_property("accuracy") == 1.0
    assert blessing.has_custom_property("blessed")
    assert not blessing.has_custom_property("baseline_model")


@pytest.mark.parametrize("kind", TYPES)
def test_type_names_are_tfx_s_or_fit_kubeflow(kind):
    assert kind.TYPE_NAME in STANDARD or re.fullmatch(CUSTOM, kind.TYPE_NAME)
