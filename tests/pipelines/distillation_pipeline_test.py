import pathlib

import pytest

from tfkd.configs import custom_images
from tfkd.configs import quickstart
from tfkd.errors import InputError
from tfkd.pipelines import distillation_pipeline


@pytest.fixture
def config():
    return quickstart.get_config("quick")


def node(config, id, root="/root"):
    return distillation_pipeline.create(config, root).node(id)


def test_every_stage_is_there_in_order(config):
    pipeline = distillation_pipeline.create(config, "/root")
    assert pipeline.node_ids == [
        "ExampleGen",
        "StatisticsGen",
        "MethodValidator",
        "SchemaGen",
        "ExampleValidator",
        "TeacherTrainer",
        "Control",
        "TeacherPredictions",
        "Distillation",
        "Compression",
        "TFLiteExporter",
        "Evaluator",
        "InfraValidator",
        "Pusher",
        "Reporter",
    ]


def test_control_differs_from_the_student_in_the_teacher_alone(config):
    student = node(config, "Distillation")
    control = node(config, "Control")
    assert type(student) is type(control)
    different = {
        key
        for key, value in student.exec_properties.items()
        if value != control.exec_properties[key]
    }
    assert different == {"method", "arguments"}
    assert set(student.inputs) - set(control.inputs) == {
        "teacher",
        "predictions",
    }


def test_teacher_never_trains_before_the_data_were_validated(config):
    pipeline = distillation_pipeline.create(config, "/root")
    for id in ("TeacherTrainer", "Distillation", "Control"):
        assert "ExampleValidator" in pipeline.upstream_of(id)


def test_a_method_that_does_not_fit_costs_no_training(config):
    pipeline = distillation_pipeline.create(config, "/root")
    assert "MethodValidator" in pipeline.upstream_of("TeacherTrainer")
    # Another method does not train the teacher anew.
    assert "method" not in pipeline.node("TeacherTrainer").inputs


def test_seed_is_the_teachers_and_shifts_the_students(config):
    config.seed = 10
    config.distillation.seeds = (0, 2)
    assert node(config, "TeacherTrainer").exec_properties["seed"] == 10
    seeds = node(config, "Distillation").exec_properties["seeds"]
    assert list(seeds) == [10, 12]
    assert seeds == node(config, "Control").exec_properties["seeds"]


def test_open_fields_are_left_out(config):
    model = node(config, "TeacherTrainer").exec_properties["teacher"]
    assert set(model) == {"name", "arguments"}


def test_models_are_served_from_the_root_unless_told(config, tmp_path):
    pusher = node(config, "Pusher", tmp_path)
    served = pusher.exec_properties["serving_dir"]
    assert served == str(tmp_path / "serving")
    config.pusher.serving_dir = "~/models"
    served = node(config, "Pusher").exec_properties["serving_dir"]
    assert served == str(pathlib.Path("~/models").expanduser())


def test_further_variants_are_exported_by_name(config):
    assert node(config, "TFLiteExporter").exec_properties["variants"] == ()
    config.export.variants = ("float16", "int8_selective")
    config.export.float_layers = ("logits",)
    config.compression.calibration_examples = 50
    properties = node(config, "TFLiteExporter").exec_properties
    assert tuple(properties["variants"]) == ("float16", "int8_selective")
    assert tuple(properties["float_layers"]) == ("logits",)
    assert properties["calibration_examples"] == 50


def test_the_pushed_variant_must_be_made(config):
    config.pusher.variant = "int9"
    with pytest.raises(InputError, match="pusher.variant.*Closest: 'int8'"):
        distillation_pipeline.create(config, "/root")
    config.pusher.variant = "int16x8"
    config.export.variants = ("int16x8",)
    pipeline = distillation_pipeline.create(config, "/root")
    for id in ("Evaluator", "InfraValidator", "Pusher"):
        properties = pipeline.node(id).exec_properties
        assert properties["variant"] == "int16x8"


@pytest.mark.parametrize(
    ("recipes", "controls", "variant"),
    [
        # No 8-bit file without a float tensor: nothing takes the name int8.
        (("float16",), True, "int8"),
        # The only one does, and none keeps its own name.
        (("int8_ptq",), True, "int8_ptq"),
        (("int4_qat",), False, "int4_ptq"),
    ],
)
def test_a_variant_that_nothing_makes_costs_no_training(
    config, recipes, controls, variant
):
    config.compression.fallback = ""
    config.compression.recipes = recipes
    config.compression.controls = controls
    config.pusher.variant = variant
    with pytest.raises(InputError, match=r"pusher\.variant"):
        distillation_pipeline.create(config, "/root")


@pytest.mark.parametrize(
    ("recipes", "variant"),
    [
        (("int8_qat",), "int8"),
        (("int8_ptq", "int8_qat"), "int8_qat"),
        (("int4_qat",), "int4_ptq"),
    ],
)
def test_a_variant_that_may_be_made_is_accepted(config, recipes, variant):
    config.compression.recipes = recipes
    config.compression.fallback = ""
    config.pusher.variant = variant
    properties = node(config, "Pusher").exec_properties
    assert properties["variant"] == variant


def test_home_is_expanded_in_the_paths_of_data_and_models(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "images").mkdir()
    (tmp_path / "teacher.keras").touch()
    config = custom_images.get_config("quick")
    config.data.path = "~/images"
    config.teacher.model.path = "~/teacher.keras"
    pipeline = distillation_pipeline.create(config, "/root")
    source = pipeline.node("ExampleGen").exec_properties["source"]
    assert source["path"] == str(tmp_path / "images")
    teacher = pipeline.node("TeacherTrainer").exec_properties["teacher"]
    assert teacher["path"] == str(tmp_path / "teacher.keras")


def test_what_is_stored_and_labelled_is_checked_before_training(config):
    config.predictions.taps = ("logits", "embedding")
    properties = node(config, "MethodValidator").exec_properties
    assert properties["format"]["taps"] == ["logits", "embedding"]
    assert properties["num_labels"] == 100


def test_a_variant_is_made_once(config):
    config.export.variants = ("float16",)
    config.compression.recipes = ("int8_ptq", "float16")
    with pytest.raises(InputError, match=r"float16 must be among export"):
        distillation_pipeline.create(config, "/root")


def test_model_must_have_exactly_one_way_to_get_it(config):
    config.teacher.model.path = "teacher.keras"
    with pytest.raises(InputError, match=r"teacher\.model must have only one"):
        distillation_pipeline.create(config, "/root")
    config.teacher.model.name = ""
    config.teacher.model.path = ""
    with pytest.raises(InputError, match="none is set"):
        distillation_pipeline.create(config, "/root")


def test_missing_teacher_file_is_told_at_once(config):
    config.teacher.model.name = ""
    config.teacher.model.arguments = {}
    config.teacher.model.path = "nowhere.keras"
    with pytest.raises(InputError, match=r"nowhere\.keras"):
        distillation_pipeline.create(config, "/root")


def test_custom_images_ask_for_a_folder():
    with pytest.raises(InputError, match=r"config\.data\.path"):
        distillation_pipeline.create(custom_images.get_config(), "/root")


@pytest.mark.parametrize("method", ["", None])
def test_method_is_required(config, method):
    config.distillation.method = method
    with pytest.raises(InputError, match=r"distillation\.method"):
        distillation_pipeline.create(config, "/root")


def test_unknown_method_lists_the_nearest(config):
    config.distillation.method = "hinton_dk"
    with pytest.raises(InputError, match="hinton_kd"):
        distillation_pipeline.create(config, "/root")


def test_wrong_type_is_a_users_mistake(config):
    with config.unlocked(), config.ignore_type():
        config.num_shards = "two"
    with pytest.raises(InputError, match="num_shards"):
        distillation_pipeline.create(config, "/root")


def test_missing_field_is_named(config):
    del config.student
    with pytest.raises(InputError, match="'student'"):
        distillation_pipeline.create(config, "/root")


def test_a_warm_start_goes_on_from_student_and_control_of_the_last_run(config):
    config.distillation.warm_start = True
    pipeline = distillation_pipeline.create(config, "/root")
    for id, last in (
        ("Distillation", "LatestStudent"),
        ("Control", "LatestControl"),
    ):
        channel = pipeline.node(id).inputs["base_model"]
        assert channel.producer is pipeline.node(last)
        wanted = pipeline.node(last).wanted["model"]
        assert wanted.producer_component_id == id
        assert pipeline.upstream_of(last) == ("ExampleGen",)


def test_a_baseline_is_found_before_the_evaluator(config):
    config.baseline = "latest_blessed"
    config.evaluation.thresholds.min_gain_over_baseline = 0.0
    pipeline = distillation_pipeline.create(config, "/root")
    assert pipeline.upstream_of("LatestBlessedModel") == ("TFLiteExporter",)
    assert "LatestBlessedModel" in pipeline.upstream_of("Evaluator")


def test_a_gain_over_no_baseline_is_refused(config):
    config.evaluation.thresholds.min_gain_over_baseline = 0.0
    with pytest.raises(InputError, match="baseline=latest_blessed"):
        distillation_pipeline.create(config, "/root")
    config.baseline = "latest_blesed"
    with pytest.raises(InputError, match="Closest: 'latest_blessed'"):
        distillation_pipeline.create(config, "/root")
