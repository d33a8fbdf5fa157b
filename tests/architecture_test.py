"""The design's rules about files and imports, read from the source."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
MAPPED = ("components", "pipelines", "configs")
SOURCES = sorted(
    path
    for folder in ("tfkd", *MAPPED)
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
# A folder of tfkd/ may import those of a lower rank, and itself.
RANKS = {
    "checks": 1,
    "errors": 0,
    "metrics": 1,
    "numerics": 1,
    "quiet": 0,
    "schedules": 1,
    "untracked": 0,
    "weights": 1,
    "models": 2,
    "taps": 3,
    "transforms": 4,
    "distances": 4,
    "teachers": 5,
    "losses": 5,
    "sources": 5,
    "distillers": 6,
    "methods": 7,
    "tasks": 7,
}
# What only components use; these may use the ranked ones and each other.
BESIDE = (
    "compression",
    "data",
    "export",
    "report",
    "search",
    "training",
)
HEAVY = ("tensorflow", "keras", "tf_keras", "apache_beam", "jax")
PIPELINE_WORDS = tuple(f"tfkd.{folder}" for folder in MAPPED)


def name_of(path):
    """Returns the dotted import name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "tfkd" else ("tfkd", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(nodes):
    """Yields the dotted names that import statements among `nodes` name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def all_imports(path):
    return list(imports(ast.walk(tree_of(path))))


def at_import_time(tree):
    """Returns the nodes that run when a module is imported."""
    found, open_nodes = [], list(tree.body)
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            continue
        found.append(node)
        open_nodes += ast.iter_child_nodes(node)
    return found


def under(name, packages):
    return any(name == p or name.startswith(f"{p}.") for p in packages)


def files(*folders):
    return [
        path
        for path in SOURCES
        if any(path.is_relative_to(ROOT / folder) for folder in folders)
    ]


def relative(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def part_of_tfkd(name):
    """Returns the folder or module right below tfkd, such as "methods"."""
    parts = name.split(".")
    return parts[1] if parts[0] == "tfkd" and len(parts) > 1 else None


def test_sources_are_found():
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == {
        "tfkd",
        *MAPPED,
    }


@pytest.mark.parametrize("path", SOURCES, ids=relative(SOURCES))
def test_module_has_a_docstring_and_at_most_400_lines(path):
    assert ast.get_docstring(tree_of(path)), "say what the module is"
    assert len(path.read_text().splitlines()) <= 400, "split the module"


def test_imports_are_absolute():
    relative_ones = [
        (name_of(path), name)
        for path in SOURCES
        for name in all_imports(path)
        if name.startswith(".")
    ]
    assert not relative_ones


def test_components_pipelines_and_configs_have_one_import_name():
    everywhere = [
        *SOURCES,
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "benchmarks").rglob("*.py"),
    ]
    bare = [
        (str(path.relative_to(ROOT)), name)
        for path in everywhere
        for name in all_imports(path)
        if under(name, MAPPED)
    ]
    assert not bare, "write tfkd.components, tfkd.pipelines, tfkd.configs"


def test_library_imports_no_pipeline_code():
    wrong = [
        (name_of(path), name)
        for path in files("tfkd")
        for name in all_imports(path)
        if under(name, PIPELINE_WORDS)
    ]
    assert not wrong


def test_every_part_of_the_library_has_a_rank():
    parts = {part_of_tfkd(name_of(path)) for path in files("tfkd")} - {None}
    assert parts <= {*RANKS, *BESIDE}, "give the new part a rank"


def test_library_imports_point_downwards():
    wrong = []
    for path in files("tfkd"):
        part = part_of_tfkd(name_of(path))
        if part not in RANKS:
            continue
        for name in all_imports(path):
            other = part_of_tfkd(name)
            if other in (None, part, "__version__"):
                continue
            if other not in RANKS or RANKS[other] >= RANKS[part]:
                wrong.append(f"{name_of(path)} imports {name}")
    assert not wrong


def test_components_import_no_pipelines_and_configs_only_configs():
    wrong = [
        (name_of(path), name)
        for path in files("components")
        for name in all_imports(path)
        if under(name, ("tfkd.pipelines", "tfkd.configs"))
    ]
    wrong += [
        (name_of(path), name)
        for path in files("configs")
        for name in all_imports(path)
        if not under(name, ("ml_collections", "tfkd.configs"))
    ]
    assert not wrong


def test_no_method_imports_another_method():
    modules = {
        name_of(path): path
        for path in files("tfkd/methods")
        if path.parent.parent.name == "methods"
    }
    wrong = [
        (module, name)
        for module, path in modules.items()
        for name in all_imports(path)
        if under(name, set(modules) - {module})
    ]
    assert not wrong, "promote what two methods share"


def test_tfmot_is_imported_in_compression_only():
    wrong = [
        name_of(path)
        for path in SOURCES
        for name in all_imports(path)
        if under(name, ("tensorflow_model_optimization",))
        and not name_of(path).startswith("tfkd.compression")
    ]
    assert not wrong, "it flips the process to legacy Keras"


def test_library_and_components_read_no_flags():
    wrong = [
        name_of(path)
        for path in files("tfkd", "components")
        for name in all_imports(path)
        if under(name, ("absl.flags", "absl.app"))
    ]
    assert not wrong


def test_components_are_declared_without_heavy_imports():
    wrong = [
        (name_of(path), name)
        for path in files("components")
        if path.name in ("component.py", "__init__.py")
        for name in imports(at_import_time(tree_of(path)))
        if under(name, HEAVY)
    ]
    assert not wrong


def test_command_line_starts_without_heavy_imports():
    wrong = [
        (name_of(path), name)
        for path in files("pipelines", "configs")
        if "runners" not in path.parts
        for name in imports(at_import_time(tree_of(path)))
        if under(name, HEAVY)
    ]
    assert not wrong


def runs_of_code(path):
    """Yields the statements of each block as lines, one a statement.

    Docstrings are left out, and what hands a call's result back: a method is
    such a call, of parts that exist.
    """
    for node in ast.walk(tree_of(path)):
        for block in ("body", "orelse", "finalbody"):
            statements = getattr(node, block, None)
            if not isinstance(statements, list) or isinstance(
                node, ast.Module | ast.ClassDef
            ):
                continue
            kept = [
                part
                for part in statements
                if not isinstance(part, ast.Return | ast.FunctionDef)
                and not isinstance(getattr(part, "value", None), ast.Constant)
            ]
            yield [
                line.strip()
                for part in kept
                for line in ast.unparse(part).splitlines()
            ]


def test_no_six_lines_of_code_stand_twice():
    places = {}
    for path in SOURCES:
        for lines in runs_of_code(path):
            for start in range(len(lines) - 5):
                window = tuple(lines[start : start + 6])
                places.setdefault(window, set()).add(name_of(path))
    twice = {w: files for w, files in places.items() if len(files) > 1}
    assert not twice, "promote what two modules share"


def component_folders():
    return [
        path
        for path in sorted((ROOT / "components").iterdir())
        if path.is_dir() and path.name not in ("base", "__pycache__")
    ]


def test_every_component_has_its_files_and_a_test():
    missing = [
        f"components/{folder.name}/{name}"
        for folder in component_folders()
        for name in ("__init__.py", "component.py", "executor.py")
        if not (folder / name).is_file()
    ]
    missing += [
        f"tests/components/{folder.name}_test.py"
        for folder in component_folders()
        if not (ROOT / f"tests/components/{folder.name}_test.py").is_file()
    ]
    assert not missing


def test_every_component_names_its_own_executor():
    for folder in component_folders():
        text = (folder / "component.py").read_text()
        found = re.findall(r'EXECUTOR = "(.+)"', text)
        assert found == [f"tfkd.components.{folder.name}.executor.Executor"]
