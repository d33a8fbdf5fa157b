"""Cache keys: everything that can change what a component writes."""

import ast
import contextlib
import functools
import hashlib
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re
import sys
import threading

from tfkd.errors import InputError

# Folders of a wheel's `tfkd/` that are no part of the library proper.
_NOT_LIBRARY = ("components", "pipelines", "configs")
# Library packages that import their own modules by name, which no import
# statement shows.
_BY_NAME = ("tfkd.models",)
# What a page is drawn with lies beside the modules that draw it.
_DRAWN_WITH = ("*.css", "*.html")
# Python 3.11 counts the depth of a tree for all threads together, and fails.
_PARSING = threading.Lock()
_NAMES = {
    "pipeline": "the pipeline's name",
    "node": "the component's id",
    "component": "the component's class",
    "version": "the component's VERSION",
    "executor": "the executor's source",
    "library": "the source of the tfkd library that it uses",
    "outputs": "the outputs",
}


def key_parts(pipeline_name, component, inputs):
    """Returns what the cache key of a component is made of.

    Neither the executor nor a user's module is imported for it.

    Args:
        pipeline_name: The pipeline's name.
        component: A `BaseComponent`.
        inputs: Input key to a list of content digests.

    Raises:
        InputError: If a module or a distribution does not exist, or a
            parameter cannot be written as JSON.
    """
    kind = type(component)
    module = component.EXECUTOR.rpartition(".")[0]
    parts = {
        "pipeline": pipeline_name,
        "node": component.id,
        "component": f"{kind.__module__}.{kind.__qualname__}",
        "version": component.VERSION,
        "executor": source_digest(module),
        "library": library_digest(
            module, component.exec_properties.get("method")
        ),
        "user_code": _user_code(component.exec_properties),
        "parameters": component.exec_properties,
        "inputs": inputs,
        "external": component.external_fingerprint(),
        "packages": {
            name: _distribution_version(name, component)
            for name in component.CACHE_PACKAGES
        },
        "outputs": {
            key: channel.type.TYPE_NAME
            for key, channel in component.outputs.items()
        },
    }
    try:
        return json.loads(_canonical(parts))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The parameters of {component.id} must be plain JSON values "
            f"({error}), received {component.exec_properties!r}."
        ) from None


def check_packages(components):
    """Checks that what components need is installed, before any of them runs.

    Raises:
        InputError: If a distribution is not.
    """
    for component in components:
        for name in component.CACHE_PACKAGES:
            _distribution_version(name, component)


def cache_key(parts):
    """Returns the SHA-256 of `key_parts`."""
    return hashlib.sha256(_canonical(parts).encode()).hexdigest()


def code_key(parts):
    """Returns the SHA-256 of the parts that say which code runs."""
    names = ("component", "version", "executor", "library", "packages")
    return cache_key({name: parts[name] for name in names})


def _canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def explain(old, new):
    """Says in words why `new` key parts miss the cache that `old` filled.

    Args:
        old: Parts of the last finished execution, or None.
        new: Parts of the current one.
    """
    if old is None:
        return "it has not been run before"
    reasons = []
    for name in sorted(old.keys() | new.keys()):
        before, now = old.get(name), new.get(name)
        if before == now:
            continue
        if name == "parameters":
            reasons += _value_changes("parameter ", before, now)
        elif name == "inputs":
            reasons += [f"input {k} changed" for k in _changed(before, now)]
        elif name == "user_code":
            reasons += [f"source of {k} changed" for k in _changed(before, now)]
        elif name == "packages":
            reasons += _value_changes("version of ", before, now)
        elif name == "external":
            reasons.append("files outside the pipeline changed")
        else:
            reasons.append(f"{_NAMES.get(name, name)} changed")
    return "; ".join(reasons) or "its finished execution is gone"


def _changed(old, new):
    old, new = old or {}, new or {}
    keys = sorted(old.keys() | new.keys())
    return [key for key in keys if old.get(key) != new.get(key)]


def _value_changes(prefix, old, new):
    """Lists differences of nested dicts, naming keys as `a.b`."""
    lines = []
    for key in _changed(old, new):
        before, now = (old or {}).get(key), (new or {}).get(key)
        if isinstance(before, dict) and isinstance(now, dict):
            lines += _value_changes(f"{prefix}{key}.", before, now)
        else:
            lines.append(f"{prefix}{key}: {_short(before)} -> {_short(now)}")
    return lines


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


@functools.cache
def library_digest(module, method=None):
    """Returns the SHA-256 of what a module uses of the library proper.

    Args:
        module: Dotted name. It is not imported.
        method: Key of a method that the module imports by name.
    """
    root = pathlib.Path(find_source("tfkd")).parent
    start = [(module, pathlib.Path(find_source(module)))]
    for path in root.glob(f"methods/*/{method}.py"):
        start.append((f"tfkd.methods.{path.parent.name}.{method}", path))

    def in_library(path):
        return root in path.parents and (
            path.relative_to(root).parts[0] not in _NOT_LIBRARY
        )

    components = pathlib.Path(find_source("tfkd.components")).parent
    found = _closure(
        start, lambda path: in_library(path) or components in path.parents
    )
    used = {path for path in found if in_library(path)}
    for folder in {path.parent for path in used}:
        for pattern in _DRAWN_WITH:
            used.update(folder.glob(pattern))
    return _files_digest(root, used)


def source_digest(module, whole_package=False):
    """Returns the SHA-256 of a module and of what it imports from nearby.

    Args:
        module: Dotted name. It is not imported.
        whole_package: Whether nearby is the module's top-level package, else
            it is the folder of its file.

    Raises:
        InputError: If there is no such module.
    """
    start = pathlib.Path(find_source(module))
    scope = start.parent
    if whole_package and "." in module:
        scope = pathlib.Path(find_source(module.partition(".")[0])).parent
    found = _closure([(module, start)], lambda path: scope in path.parents)
    return _files_digest(scope, found)


def _closure(start, is_near):
    """Returns the files that modules import, directly or not, from nearby.

    Args:
        start: `(dotted name, path)` of the first modules.
        is_near: Whether a path counts.
    """
    found, queue = set(), list(start)
    while queue:
        name, path = queue.pop()
        if path in found:
            continue
        found.add(path)
        others = _imports(name, path)
        if name in _BY_NAME:
            others += [f"{name}.{p.stem}" for p in path.parent.glob("*.py")]
        for other in others:
            near = _find_or_none(other)
            if near and is_near(pathlib.Path(near)):
                queue.append((other, pathlib.Path(near)))
    return found


def _imports(module, path):
    """Returns the dotted names that a module's source may import."""
    try:
        with _PARSING:
            tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise InputError(
            f"{path} must be valid Python, received line {error.lineno}: "
            f"{error.msg}."
        ) from None
    package = module.split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                package[: len(package) - node.level + 1] if node.level else []
            )
            base = ".".join([*base, *filter(None, [node.module])])
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and re.fullmatch(
            r"tfkd(\.\w+){2,}", str(node.value)
        ):
            # What the library imports by name, such as its readers.
            names.update((node.value, node.value.rpartition(".")[0]))
    return sorted(name.strip(".") for name in names if name.strip("."))


def find_source(module):
    """Returns the path of a module's source, without importing it.

    Raises:
        InputError: If there is no such module, or it has no source.
    """
    path = _find_or_none(module)
    if path is None:
        raise InputError(
            f"There is no Python module {module!r} with source code. It must "
            "be installed, or its folder must be on PYTHONPATH."
        )
    return path


def _find_or_none(module):
    loaded = getattr(sys.modules.get(module), "__file__", None)
    if loaded and loaded.endswith(".py"):
        return os.path.realpath(loaded)
    try:
        spec = _find_spec(module)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or not (spec.origin or "").endswith(".py"):
        return None
    return os.path.realpath(spec.origin)


def _find_spec(module):
    """As `importlib.util.find_spec`, which would import parent packages."""
    name, *rest = module.split(".")
    if name == "tfkd" and rest and rest[0] in _NOT_LIBRARY:
        # Only the import system knows where an editable install keeps them.
        name = f"tfkd.{rest.pop(0)}"
    spec = importlib.util.find_spec(name)
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = importlib.machinery.PathFinder.find_spec(
            name, list(spec.submodule_search_locations)
        )
    return spec


def _files_digest(root, paths):
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(root)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _user_code(properties):
    """Returns a user's modules among parameters, with their digests."""
    with _working_directory():
        return {
            module: source_digest(module, whole_package=True)
            for module in _user_modules(properties)
        }


@contextlib.contextmanager
def _working_directory():
    """Looks for modules in the working directory as well, before elsewhere.

    They are built from there, and the console script does not look there.
    """
    here = os.getcwd()
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        yield
    finally:
        if added:
            sys.path.remove(here)


def _user_modules(value):
    """Finds every `{"build": "module:function"}` among parameters."""
    found = set()
    if isinstance(value, dict):
        build = value.get("build")
        if isinstance(build, str) and ":" in build:
            found.add(build.partition(":")[0])
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            found.update(_user_modules(item))
    return sorted(found)


def _distribution_version(name, component):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        raise InputError(
            f"{component.id} needs the distribution {name!r}, which is not "
            f"installed. Run: pip install {name}"
        ) from None
