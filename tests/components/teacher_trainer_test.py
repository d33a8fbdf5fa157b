import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.components import training_artifacts as small
from tfkd.components.base import artifacts
from tfkd.components.base.spec import Channel
from tfkd.components.teacher_trainer.component import TeacherTrainer
from tfkd.errors import InputError
from tfkd.training import model_files

EXAMPLES = Channel(artifacts.Examples)
MLP = {"name": "mlp"}


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return small.write_examples(tmp_path_factory.mktemp("examples"))


def test_declaring_imports_no_tensorflow():
    code = (
        "import sys; import tfkd.components.teacher_trainer.component; "
        "import tfkd.components.teacher_predictions.component; "
        "import tfkd.components.distillation.component; "
        "sys.exit(bool({'tensorflow', 'keras', 'apache_beam'} & "
        "set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"teacher": {"name": "mlpp"}}, "Closest: 'mlp'"),
        ({"teacher": MLP}, "must hold 'epochs'"),
        ({"teacher": MLP, "train": {"epoch": 3}}, "Closest: 'epochs'"),
        ({"teacher": {"path": "gone.keras"}}, "nothing at 'gone.keras'"),
        (
            {"teacher": MLP, "train": {"epochs": 1}, "subset": (0.5, 0.2)},
            "two fractions",
        ),
        ({"teacher": MLP, "train": {"epochs": 1}, "seed": -1}, "received -1"),
        ({"teacher": MLP, "train": {"epochs": 1}, "seed": 2**32}, "seed must"),
    ],
)
def test_mistakes_are_found_at_construction(values, message):
    with pytest.raises(InputError, match=message):
        TeacherTrainer(examples=EXAMPLES, **values)


def test_trains_on_its_subset_and_records_it(tmp_path, examples):
    component = TeacherTrainer(
        examples=EXAMPLES,
        teacher=MLP,
        train={"epochs": 8, "batch_size": 16},
        subset=(0.0, 0.7),
    )
    reports = []
    output = small.execute(
        component,
        {"examples": examples},
        tmp_path,
        lambda **values: reports.append(values),
    )
    record = small.record(output)
    assert record["role"] == "teacher"
    # 70 % of 90 by a hash of the id: near 63, and never all.
    assert 50 < record["num_labels"] < 80
    (run,) = record["runs"]
    assert run["eval_accuracy"] > 0.9
    assert len(run["history"]["val_accuracy"]) == 8
    assert reports[-1]["epoch"] == "8/8"
    assert reports[-1]["fraction"] == 1.0
    model = model_files.load(output.uri)
    assert model_files.model_hash(model) == record["model_hash"]
    assert model.count_params() == record["parameters"]
    assert str(tmp_path) not in json.dumps(record)
    assert list((tmp_path / "log").rglob("events.out.tfevents*"))


def imported_model(path):
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Flatten()(inputs)
    outputs = keras.layers.Dense(3, kernel_initializer="zeros")(x)
    keras.Model(inputs, outputs).save(path)


def test_an_imported_teacher_is_not_trained_and_chance_is_named(
    tmp_path, examples
):
    path = str(tmp_path / "teacher.keras")
    imported_model(path)
    component = TeacherTrainer(examples=EXAMPLES, teacher={"path": path})
    output = small.execute(component, {"examples": examples}, tmp_path)
    record = small.record(output)
    assert record["model"] == {"path": "teacher.keras"}
    assert record["train"]["epochs"] == 0
    assert record["num_labels"] == 0
    # All logits are 0: class 0 is answered, a third of the eval split.
    assert record["runs"][0]["eval_accuracy"] == pytest.approx(1 / 3)
    (warning,) = record["warnings"]
    assert "33.3% of the eval split" in warning
    loaded = model_files.load(output.uri)
    assert not loaded.layers[-1].kernel.numpy().any()


def test_a_teacher_with_weights_that_are_no_numbers_is_refused(
    tmp_path, examples
):
    path = str(tmp_path / "teacher.keras")
    imported_model(path)
    model = keras.saving.load_model(path)
    model.set_weights([weight + np.nan for weight in model.get_weights()])
    model.save(path)
    component = TeacherTrainer(examples=EXAMPLES, teacher={"path": path})
    with pytest.raises(InputError, match="'dense.*kernel' holds NaN"):
        small.execute(component, {"examples": examples}, tmp_path)


def test_an_imported_teacher_is_trained_where_epochs_are_given(
    tmp_path, examples
):
    path = str(tmp_path / "teacher.keras")
    imported_model(path)
    component = TeacherTrainer(
        examples=EXAMPLES, teacher={"path": path}, train={"epochs": 30}
    )
    output = small.execute(component, {"examples": examples}, tmp_path)
    record = small.record(output)
    assert record["warnings"] == []
    assert record["runs"][0]["eval_accuracy"] > 0.9


def test_a_changed_file_changes_the_execution(tmp_path):
    path = tmp_path / "teacher.keras"
    imported_model(str(path))

    def digest():
        component = TeacherTrainer(
            examples=EXAMPLES, teacher={"path": str(path)}
        )
        return component.exec_properties["teacher_digest"]

    before = digest()
    assert before == digest()
    pathlib.Path(path).write_bytes(path.read_bytes() + b"x")
    assert digest() != before


def test_two_runs_give_the_same_bytes(tmp_path, examples):
    files = []
    for name in ("a", "b"):
        component = TeacherTrainer(
            examples=EXAMPLES, teacher=MLP, train={"epochs": 2}
        )
        out = small.execute(component, {"examples": examples}, tmp_path / name)
        files.append(
            {
                str(p.relative_to(out.uri)): p.read_bytes()
                for p in pathlib.Path(out.uri).rglob("*")
                if p.is_file()
            }
        )
    assert sorted(files[0]) == [
        "Format-Keras/model.keras",
        "seed-0/model.keras",
        "training.json",
    ]
    assert files[0] == files[1]
