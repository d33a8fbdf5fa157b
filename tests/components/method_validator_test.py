import json
import pathlib
import subprocess
import sys

import pytest

from tests.components import training_artifacts as small
from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.method_validator.component import MethodValidator
from tfkd.errors import InputError

EXAMPLES = Channel(artifacts.Examples)
WIDE = {"name": "cnn", "arguments": {"filters": (4, 6, 8)}}
NARROW = {"name": "cnn", "arguments": {"filters": (2, 3, 4)}}


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return small.write_examples(tmp_path_factory.mktemp("examples"))


def validator(**values):
    return MethodValidator(
        **{
            "examples": EXAMPLES,
            "method": "hinton_kd",
            "teacher": WIDE,
            "student": NARROW,
            **values,
        }
    )


def run(component, examples, folder):
    output = small.execute(component, {"examples": examples}, folder)
    return json.loads(pathlib.Path(output.uri, "method.json").read_text())


def test_declaring_imports_no_tensorflow():
    code = (
        "import sys; import tfkd.components.method_validator.component; "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "hinton"}, "Closest: 'hinton_kd'"),
        ({"arguments": {"temprature": 2.0}}, "'temperature'"),
        ({"arguments": {"temperature": -1.0}}, "a number above 0"),
        ({"method": "minegan"}, "'minegan' makes images"),
        ({"teacher": {"name": "cn"}}, "Closest: 'cnn'"),
        ({"student": {"path": "gone.keras"}}, "nothing at 'gone.keras'"),
        ({"precision": "float8"}, "no precision named 'float8'"),
    ],
)
def test_mistakes_are_found_at_construction(values, message):
    with pytest.raises(InputError, match=message):
        validator(**values)


def test_writes_what_will_be_distilled_into_what(examples, tmp_path):
    component = validator(arguments={"temperature": 3.0})
    found = run(component, examples, tmp_path)
    assert found["method"] == "hinton_kd"
    assert found["arguments"] == {"temperature": 3.0}
    assert found["teacher_parameters"] > 2 * found["student_parameters"] > 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "fsp"}, "fsp needs a student with the teacher's numbers"),
        (
            {"method": "fitnet", "arguments": {"student_tap": "stage9"}},
            "no tap of model 'cnn' named 'stage9'",
        ),
        ({"method": "lucir"}, "lucir needs models with a cosine head"),
        (
            {"student": {"name": "cnn", "arguments": {"filtres": (2,)}}},
            "filtres",
        ),
        (
            {"format": {"format": "top_k", "k": 99}},
            "most the number of classes",
        ),
        ({"format": {"taps": ("logits", "stage9")}}, "'stage9'"),
        ({"num_labels": 1}, "num_labels must be at least one a class"),
        ({"num_labels": 10**6}, "most the number of training examples"),
    ],
)
def test_what_does_not_fit_is_refused(values, message, examples, tmp_path):
    with pytest.raises(InputError, match=message):
        run(validator(**values), examples, tmp_path)


@pytest.mark.parametrize("method", ["crd", "dml", "fukuda_ensemble"])
def test_each_kind_of_teacher_is_given_as_in_training(
    method, examples, tmp_path
):
    component = validator(method=method, precision="mixed_bfloat16")
    assert run(component, examples, tmp_path)["method"] == method
