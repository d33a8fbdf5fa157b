import pytest

from tfkd.errors import InputError
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import settings


def parsed(*arguments, config="quickstart"):
    file = f"--config=configs/{config}.py:quick"
    return settings.parse(["run", file, *arguments])[1:]


def test_shorts_set_their_fields_and_are_overrides():
    config, overrides = parsed("--seed=3", "--precision=mixed_float16")
    assert config.seed == 3
    assert config.teacher.train.precision == "mixed_float16"
    assert config.distillation.train.precision == "mixed_float16"
    assert overrides == {
        "seed": 3,
        "teacher.train.precision": "mixed_float16",
        "distillation.train.precision": "mixed_float16",
    }


def test_without_them_the_config_is_as_it_was():
    config, overrides = parsed()
    assert overrides == {}
    assert config.teacher.train.precision == "float32"


def test_a_span_is_one_of_the_sources(tmp_path):
    for span in (1, 2):
        (tmp_path / f"span-{span}").mkdir()
    place = f"--config.data.path={tmp_path}/span-{{SPAN}}"
    teacher = "--config.teacher.model.name=cnn"
    config, _ = parsed(
        place,
        teacher,
        "--config.teacher.train.epochs=1",
        "--span=1",
        config="custom_images",
    )
    node = distillation_pipeline.create(config, "/root").node("ExampleGen")
    assert node.exec_properties["source"]["span"] == 1


def test_a_span_of_a_source_without_spans_is_refused():
    config, _ = parsed("--span=1")
    with pytest.raises(InputError, match="key of a tfds source named 'span'"):
        distillation_pipeline.create(config, "/root")


@pytest.mark.parametrize("seed", ["3", "4"])
def test_a_field_has_one_value(seed):
    words = ["--seed=3", f"--config.seed={seed}"]
    if seed == "3":
        assert parsed(*words)[1] == {"seed": 3}
        return
    with pytest.raises(InputError, match="both were given: 3 and 4"):
        parsed(*words)
