import sys

import pipeline_fakes as fakes
import pytest

from tfkd.components.base import external
from tfkd.errors import InputError
from tfkd.pipelines import fingerprint


def _parts(inputs=None, **arguments):
    source = fakes.Source(**({"text": "a"} | arguments))
    return fingerprint.key_parts("p", source, inputs or {})


def _key(**arguments):
    return fingerprint.cache_key(_parts(**arguments))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A user's package whose import fails, so that nothing may import it."""
    folder = tmp_path / "user_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    (folder / "model.py").write_text("from . import blocks\nimport json\n")
    (folder / "blocks.py").write_text("WIDTH = 1\n")
    (folder / "unused.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_same_component_has_the_same_key():
    assert _key() == _key()


@pytest.mark.parametrize(
    "change",
    [
        {"text": "b"},
        {"options": {"a": {"b": 1}}},
        {"inputs": {"examples": ["digest"]}},
    ],
)
def test_key_depends_on_parameters_and_inputs(change):
    assert _key(**change) != _key()


def test_key_depends_on_version_and_packages(monkeypatch):
    before = _key()
    monkeypatch.setattr(fakes.Source, "VERSION", 2)
    assert _key() != before
    monkeypatch.undo()
    monkeypatch.setattr(fakes.Source, "CACHE_PACKAGES", ("rich",))
    assert _key() != before


def test_a_distribution_that_is_missing_is_an_input_error(monkeypatch):
    monkeypatch.setattr(fakes.Source, "CACHE_PACKAGES", ("no-such-thing",))
    with pytest.raises(InputError, match="pip install no-such-thing"):
        _key()


def test_parameters_that_are_no_json_are_an_input_error():
    with pytest.raises(InputError, match="Source must be plain JSON"):
        _key(options={"a": object()})


def test_key_depends_on_the_executors_source_and_its_neighbours(
    tmp_path, monkeypatch
):
    executor = tmp_path / "edited_executor.py"
    helper = tmp_path / "edited_helper.py"
    executor.write_text("import edited_helper\n")
    helper.write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fakes.Source, "EXECUTOR", "edited_executor.Executor")
    keys = [_key()]
    executor.write_text("import edited_helper  # edited\n")
    keys.append(_key())
    helper.write_text("A = 2\n")
    keys.append(_key())
    assert len(set(keys)) == 3
    assert "edited_executor" not in sys.modules


def test_key_depends_on_the_users_module_without_importing_it(package):
    options = {"model": [{"build": "user_package.model:build"}]}
    keys = [_key(options=options)]
    (package / "blocks.py").write_text("WIDTH = 2\n")
    keys.append(_key(options=options))
    (package / "unused.py").write_text("changed = 1\n")
    assert _key(options=options) == keys[1]
    assert keys[0] != keys[1]
    assert "user_package" not in sys.modules


def test_a_users_module_that_is_missing_is_an_input_error():
    with pytest.raises(InputError, match="no Python module 'nowhere.x'"):
        _key(options={"build": "nowhere.x:build"})


def test_a_users_module_may_lie_in_the_working_directory(tmp_path, monkeypatch):
    # The console script `tfkd` looks for no module there.
    monkeypatch.setattr(
        sys, "path", [p for p in sys.path if p not in ("", ".")]
    )
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    helper = tmp_path / "my_blocks.py"
    helper.write_text("A = 1\n")
    (tmp_path / "my_models.py").write_text("import my_blocks\n")
    options = {"build": "my_models:build"}
    keys = [_key(options=options)]
    helper.write_text("A = 2\n")
    keys.append(_key(options=options))
    assert keys[0] != keys[1]
    assert sys.path == before


def test_a_users_module_that_does_not_parse_is_an_input_error(package):
    (package / "model.py").write_text("def (")
    with pytest.raises(InputError, match="valid Python, received line 1"):
        _key(options={"build": "user_package.model:build"})


def test_key_depends_on_content_of_files_named_by_path(tmp_path):
    teacher = tmp_path / "teacher.keras"
    teacher.write_text("one")
    options = {"model": {"path": str(teacher)}}
    before = _key(options=options)
    teacher.touch()
    assert _key(options=options) == before
    teacher.write_text("two")
    assert _key(options=options) != before


def test_large_files_count_by_size_and_time(tmp_path, monkeypatch):
    monkeypatch.setattr(external, "MAX_HASHED_BYTES", 2)
    (tmp_path / "a").write_text("123")
    found = external.fingerprint_path(str(tmp_path))
    assert (found["files"], found["bytes"], found["by"]) == (1, 3, "time")
    assert external.fingerprint_path(str(tmp_path / "none")) is None


def _library_files(monkeypatch, component, method=None):
    """Names of the library's files that a component's key covers."""
    seen = []
    monkeypatch.setattr(
        fingerprint,
        "_files_digest",
        lambda root, paths: seen.extend(
            path.relative_to(root).as_posix() for path in paths
        ),
    )
    fingerprint.library_digest(f"tfkd.components.{component}.executor", method)
    return seen


def test_the_key_covers_the_library_that_an_executor_uses(monkeypatch):
    files = _library_files(monkeypatch, "example_gen")

    # The readers are imported by name.
    assert "data/tfds_reader.py" in files
    assert "distillers/distiller.py" not in files
    assert not any(name.startswith("components") for name in files)


def test_the_key_of_a_distillation_covers_its_method_alone(monkeypatch):
    files = _library_files(monkeypatch, "distillation", "at")

    assert "methods/features/at.py" in files
    assert "transforms/attention_map.py" in files
    assert "methods/features/fitnet.py" not in files


def test_the_key_of_a_report_covers_what_it_is_drawn_with(monkeypatch):
    files = _library_files(monkeypatch, "reporter")

    assert "report/page.py" in files
    assert {"report/report.html", "report/style.css"} <= set(files)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "b"}, 'parameter text: "a" -> "b"'),
        ({"options": {"t": 4.0}}, "parameter options.t: null -> 4.0"),
        ({"inputs": {"x": ["d"]}}, "input x changed"),
    ],
)
def test_explain_names_what_changed(change, words):
    assert fingerprint.explain(_parts(), _parts(**change)) == words


def test_explain_names_code_and_versions():
    old = _parts()
    new = old | {"executor": "x", "packages": {"rich": "0"}, "version": 9}
    assert fingerprint.explain(old, new) == (
        'the executor\'s source changed; version of rich: null -> "0"; '
        "the component's VERSION changed"
    )
    assert fingerprint.explain(None, old) == "it has not been run before"
