import subprocess
import sys

import pytest

from tfkd.configs import common
from tfkd.errors import InputError
from tfkd.pipelines import settings

CONFIG = """
from tfkd.configs import common

def get_config(mode=""):
    common.check_mode(mode)
    config = common.default()
    config.pipeline_name = mode or "plain"
    config.teacher.model.name = "mlp"
    config.student.name = "cnn"
    config.student.arguments.filters = (4, 8)
    config.student.arguments.strides = (1, 2)
    config.distillation.method = "hinton_kd"
    config.distillation.arguments.temperature = 3.0
    return config
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(CONFIG)
    return str(path)


def parse(*arguments):
    return settings.parse(["tfkd", *arguments])


def test_config_is_loaded_and_locked(config):
    _, parsed, overrides = parse(f"--config={config}")
    assert parsed.pipeline_name == "plain"
    assert overrides == {}
    with pytest.raises(AttributeError):
        parsed.distillation.nonsense = 1


def test_mode_follows_the_file_name(config):
    assert parse("--config", f"{config}:quick")[1].pipeline_name == "quick"
    with pytest.raises(InputError, match="':huge'"):
        parse(f"--config={config}:huge")


def test_all_arguments_are_overridden_by_a_dict(config):
    field = "distillation.arguments"
    for given in ({}, {"temperature": 5.0}):
        _, parsed, overrides = parse(
            f"--config={config}", f"--config.{field}={given}"
        )
        assert overrides == {field: given}
        assert type(overrides[field]) is dict
        assert parsed.distillation.arguments.to_dict() == given


def test_fields_are_overridden_in_any_order_and_recorded(config):
    _, parsed, overrides = parse(
        "--config.distillation.train.epochs=3",
        f"--config={config}",
        "--config.distillation.num_labels=7",
        "--config.distillation.seeds=(5,6)",
    )
    assert parsed.distillation.train.epochs == 3
    assert parsed.distillation.seeds == (5, 6)
    assert overrides == {
        "distillation.train.epochs": 3,
        "distillation.num_labels": 7,
        "distillation.seeds": (5, 6),
    }


def test_flagfile_may_hold_comments_and_fields(config, tmp_path):
    flagfile = tmp_path / "flags.txt"
    flagfile.write_text(
        f"# nightly\n--config={config}\n--config.num_shards=5\n--seed=4\n"
    )
    values, parsed, _ = parse(f"--flagfile={flagfile}", "--pipeline_root=x")
    assert (parsed.num_shards, parsed.seed) == (5, 4)
    assert values.pipeline_root == "x"


def test_home_is_expanded_where_no_shell_does(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    values, _, _ = parse("--pipeline_root=~/runs", "--metadata_path=~/m.sqlite")
    assert values.pipeline_root == "/home/ann/runs"
    assert values.metadata_path == "/home/ann/m.sqlite"


def test_a_number_that_may_be_open_is_opened_by_none(config):
    labels = "--config.distillation.num_labels"
    bound = "--config.evaluation.thresholds.max_accuracy_drop"
    given = (f"--config={config}", f"{labels}=7", f"{bound}=0.1")
    _, parsed, overrides = parse(*given, f"{labels}=None", f"{bound}=None")
    assert parsed.distillation.num_labels is None
    assert parsed.evaluation.thresholds.max_accuracy_drop is None
    assert set(overrides.values()) == {None}
    # The last value counts.
    parsed = parse(*given, f"{labels}=None", f"{labels}=5")[1]
    assert parsed.distillation.num_labels == 5
    with pytest.raises(InputError, match="num_shards=None"):
        parse(f"--config={config}", "--config.num_shards=None")


def test_what_may_be_open_is_opened_by_none_whatever_its_type(config):
    bounds = "--config.infra_validation.thresholds"
    _, parsed, _ = parse(
        f"--config={config}",
        "--config.pusher.serving_dir=None",
        f"{bounds}.integer_only=None",
        f"{bounds}.allowed_ops=None",
        "--config.student.name=None",
        "--config.title=None",
    )
    assert parsed.pusher.serving_dir is None
    assert parsed.infra_validation.thresholds.integer_only is None
    assert parsed.infra_validation.thresholds.allowed_ops is None
    # Another way to get a model has no arguments of this one.
    assert parsed.student.name is None
    assert parsed.student.arguments.to_dict() == {}
    # A title is there in any case.
    assert parsed.title == "None"


def test_a_flagfile_in_another_encoding_is_a_mistake(tmp_path):
    path = tmp_path / "nightly.flags"
    path.write_bytes("--config.title=été".encode("latin-1"))
    with pytest.raises(InputError, match="must be text in UTF-8"):
        parse(f"--flagfile={path}")


def test_a_config_that_exits_is_a_mistake(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def get_config():\n    raise SystemExit(0)\n")
    with pytest.raises(InputError, match="could not be loaded: SystemExit"):
        parse(f"--config={path}")


def test_quotes_around_a_tuple_are_not_part_of_it(config, tmp_path):
    field = "--config.infra_validation.thresholds.allowed_ops"
    flagfile = tmp_path / "flags.txt"
    flagfile.write_text(f"{field}=('CONV_2D', 'SOFTMAX')\n")
    arguments = (f"--config={config}", f"--flagfile={flagfile}")
    parsed = parse(*arguments)[1]
    allowed = parsed.infra_validation.thresholds.allowed_ops
    assert allowed == ("CONV_2D", "SOFTMAX")
    flagfile.write_text(f"{field}=\"('CONV_2D', 'SOFTMAX')\"\n")
    with pytest.raises(InputError, match="leave them out in a flagfile"):
        parse(*arguments)


def test_arguments_of_the_named_method_are_complete(config):
    parsed = parse(f"--config={config}")[1]
    arguments = parsed.distillation.arguments
    assert arguments.temperature == 3.0
    # The method's own default fills in what the config leaves out.
    assert set(arguments) == {"temperature", "weight", "task_weight"}


def test_another_method_has_its_own_defaults(config):
    parsed = parse(f"--config={config}", "--config.distillation.method=at")[1]
    names = set(settings.methods.signature("at"))
    assert set(parsed.distillation.arguments) == names
    assert "temperature" not in parsed.distillation.arguments


def test_arguments_of_another_method_can_be_overridden(config):
    parsed = parse(
        f"--config={config}",
        "--config.distillation.method=at",
        "--config.distillation.arguments.power=3",
    )[1]
    assert parsed.distillation.arguments.power == 3


def test_another_zoo_model_has_its_own_defaults(config):
    parsed = parse(f"--config={config}", "--config.student.name=mlp")[1]
    assert parsed.student.arguments.units == (64, 32)
    assert "filters" not in parsed.student.arguments


def test_emptied_model_name_has_no_arguments(config):
    parsed = parse(f"--config={config}", "--config.student.name=")[1]
    assert len(parsed.student.arguments) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pipeline_rot=x"], "pipeline_root"),
        (["--config.distilation.method=at"], "distillation.method"),
        (["--config.student.arguments.filterz=1"], "filters"),
        (["--noconfig.nonsense"], "nonsense"),
        (["--config.num_shards=two"], "num_shards=two"),
        (["--config.distillation.seeds=(1,x)"], "distillation.seeds"),
        (["--config.distillation.seeds=1.5"], "received"),
        (["--config.student=3"], "--config.student=3"),
        (["--config.distillation.method=hinton_dk"], "hinton_kd"),
        (["--config.student.name=restnet"], "resnet"),
        (["--runner=bean"], "beam"),
        (["--seed=-1"], "seed"),
        (["--dry_run=perhaps"], "dry_run"),
        (["--flagfile=/nowhere/flags"], "/nowhere/flags"),
        (["stray"], "'stray'"),
    ],
)
def test_mistakes_name_the_field_and_what_is_near(config, arguments, words):
    with pytest.raises(InputError) as error:
        parse(f"--config={config}", *arguments)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def get_config(", "SyntaxError"),
        ("x = 1", "get_config"),
        ("def get_config(): return {}", "ConfigDict"),
        ("import nothing_like_this", "nothing_like_this"),
    ],
)
def test_unusable_config_files_are_told_in_one_line(tmp_path, text, words):
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        parse(f"--config={path}")


def test_config_must_be_an_existing_python_file(tmp_path):
    with pytest.raises(InputError, match="existing Python file"):
        parse("--config=nowhere.py")
    path = tmp_path / "config.txt"
    path.write_text(CONFIG)
    with pytest.raises(InputError, match="must end in .py"):
        parse(f"--config={path}")


def test_config_with_an_argument_that_its_method_lacks_is_refused(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text(CONFIG.replace(".temperature", ".temprature"))
    with pytest.raises(InputError, match="temperature"):
        parse(f"--config={path}")


def test_flatten_names_every_leaf():
    fields = settings.flatten(common.default())
    assert fields["distillation.train.epochs"] == 30
    assert fields["student.name"] is None
    assert "distillation.train" not in fields


def test_help_lists_flags_and_fields(config):
    values, parsed, _ = parse(f"--config={config}", "--help")
    text = settings.help_text(values, parsed)
    for word in ("--pipeline_root", "--dry_run", "--flagfile", "beam|local"):
        assert word in text
    assert "--config.distillation.arguments.temperature=3.0" in text


def test_parsing_imports_neither_tensorflow_nor_keras(config):
    code = (
        "import sys; from tfkd.pipelines import settings; "
        f"settings.parse(['p', '--config={config}']); "
        "print([m for m in ('tensorflow', 'keras', 'apache_beam') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
