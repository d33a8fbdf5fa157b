import pytest

from tfkd import methods
from tfkd.compression import names
from tfkd.compression import with_controls
from tfkd.configs import cifar100
from tfkd.configs import common
from tfkd.configs import compression
from tfkd.configs import custom_images
from tfkd.configs import fashion_mnist
from tfkd.configs import quickstart
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import settings

CONFIGS = (quickstart, fashion_mnist, custom_images, compression)
every_config = pytest.mark.parametrize(
    "module", CONFIGS, ids=lambda module: module.__name__.rpartition(".")[2]
)


@every_config
def test_docstring_is_a_lab_notebook_page(module):
    for word in ("Command:", "Data:", "Setting:", "Cost:", "Expected:"):
        assert word in module.__doc__


@every_config
def test_config_can_be_loaded_as_a_file(module):
    _, config, _ = settings.parse(["run", f"--config={module.__file__}"])
    assert config.is_locked
    assert config.distillation.arguments.temperature == 4.0


@every_config
def test_config_keeps_all_fields_of_the_default(module):
    own = set(settings.flatten(module.get_config()))
    assert own >= set(settings.flatten(common.default()))


@every_config
def test_quick_trains_less_and_changes_nothing_else(module):
    full = settings.flatten(module.get_config())
    quick = settings.flatten(module.get_config("quick"))
    changed = {field for field in full if full[field] != quick[field]}
    assert quick["distillation.train.epochs"] <= 2
    assert quick["distillation.seeds"] == (0,)
    assert changed <= {
        "compression.fallback",
        "compression.recipes",
        "compression.training.epochs",
        "teacher.train.epochs",
        "distillation.train.epochs",
        "distillation.seeds",
        "evaluation.bootstrap_samples",
        "infra_validation.latency_runs",
    }


@every_config
def test_unknown_mode_is_refused(module):
    with pytest.raises(ValueError, match="':large'"):
        module.get_config("large")


def test_quickstart_student_sees_100_labels_over_3_seeds():
    config = quickstart.get_config()
    assert config.distillation.num_labels == 100
    assert config.distillation.seeds == (0, 1, 2)
    assert config.evaluation.thresholds.min_gain_over_control == 0.03


def test_fashion_mnist_teacher_and_student_share_no_image():
    config = fashion_mnist.get_config()
    assert config.teacher.subset[1] <= config.distillation.subset[0]


def test_quickstart_shows_five_files_side_by_side_with_their_control():
    config = quickstart.get_config()
    assert with_controls(config.compression.recipes) == (
        "float16",
        "int8_ptq",
        "int8_qat",
        "int8_pruned_qat",
        "int8_qat_alone",
    )


def test_compression_shows_every_recipe_and_changes_nothing_else():
    config = compression.get_config()
    assert set(with_controls(config.compression.recipes)) == set(names())
    before = settings.flatten(quickstart.get_config())
    after = settings.flatten(config)
    changed = {field for field in after if after[field] != before[field]}
    assert changed == {"compression.recipes", "title"}


@pytest.mark.parametrize("pair", cifar100.PAIRS)
def test_cifar100_has_a_config_for_every_published_pair(pair):
    path = f"--config={cifar100.__file__}:{pair}"
    _, config, _ = settings.parse(["run", path])
    assert config.distillation.train.epochs == 240
    assert config.predictions.views == 240
    for column in pair.split("-"):
        assert column in cifar100.__doc__
    with pytest.raises(ValueError, match="must follow one of"):
        cifar100.get_config("wrn_40_2")


def test_cifar100_sweeps_the_methods_of_its_table():
    points = cifar100.sweep()
    assert [p["distillation.method"] for p in points] == list(cifar100.METHODS)
    for point in points:
        method = point.pop("distillation.method")
        assert f"| {method:10s} |" in cifar100.__doc__
        known = methods.signature(method)
        for field in point:
            assert field.removeprefix("distillation.arguments.") in known


def test_cifar100_has_the_published_forms_that_arguments_can_tell():
    arguments = cifar100.METHODS
    assert arguments["cckd"]["kernel"] == "adjacent"
    assert arguments["fsp"]["distance"] == "mean"
    assert arguments["fsp"]["pool"] == "average"
    # 50,000 images less the 2 % kept back, batches of 64, 30 epochs.
    assert round(cifar100.FIRST_STAGE / (49_000 / 64)) == 30


def test_the_signature_of_a_saved_model_is_a_field(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    teacher = "--config.teacher.model"
    argv = ["run", f"--config={custom_images.__file__}"]
    argv += [f"--config.data.path={tmp_path}", f"{teacher}.path={tmp_path}"]
    _, config, _ = settings.parse([*argv, f"{teacher}.endpoint=images"])
    pipeline = distillation_pipeline.create(config, "root")
    node = pipeline.node("TeacherTrainer")
    assert node.exec_properties["teacher"]["endpoint"] == "images"
