"""What tfkd must never do, read from its source."""

import ast
import functools
import pathlib

ROOT = pathlib.Path(__file__).parent.parent
SOURCES = sorted(
    path
    for folder in ("tfkd", "components", "pipelines", "configs", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
# They run what they read; `dill` and `joblib` are pickle by other names.
UNSAFE = ("cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve")
# They listen, or are there to.
SERVERS = ("flask", "http.server", "socketserver", "wsgiref", "xmlrpc.server")
# Archives whose members choose where they are written to.
UNPACKING = ("extractall", "unpack_archive")


@functools.cache
def relevant():
    """Returns the place and the node of every call and import."""
    kinds = (ast.Call, ast.Import, ast.ImportFrom)
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds)
    ]


def nodes(*kinds):
    return [found for found in relevant() if isinstance(found[1], kinds)]


def calls(*names):
    """Yields the place, the dotted name and the call of calls by name."""
    for place, node in nodes(ast.Call):
        dotted = ast.unparse(node.func)
        if dotted.rpartition(".")[2] in names:
            yield place, dotted, node


def keywords(call):
    return {
        word.arg: getattr(word.value, "value", None) for word in call.keywords
    }


def imported():
    for place, node in nodes(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from ((place, alias.name) for alias in node.names)
        else:
            yield place, node.module
            yield from ((place, f"{node.module}.{a.name}") for a in node.names)


def of(name, modules):
    return any(name == m or name.startswith(f"{m}.") for m in modules)


def test_keras_loads_files_in_its_safe_mode():
    found = list(calls("load_model"))
    assert found
    for place, _, call in found:
        assert keywords(call).get("safe_mode") is True, place
    assert not list(calls("enable_unsafe_deserialization"))


def test_arrays_are_read_without_pickle():
    found = [
        (place, call)
        for place, name, call in calls("load")
        if name == "np.load"
    ]
    assert found
    for place, call in found:
        assert keywords(call).get("allow_pickle") is False, place


def test_no_module_can_read_a_pickle():
    assert not [found for found in imported() if of(found[1], UNSAFE)]


def test_nothing_is_run_from_text():
    builtins = [
        place
        for place, name, _ in calls("eval", "exec")
        if name in ("eval", "exec")
    ]
    assert not builtins
    assert not list(calls("system", "popen"))
    shells = [
        place
        for place, _, call in calls("run", "Popen", "check_call")
        if keywords(call).get("shell") not in (None, False)
    ]
    assert not shells


def test_no_archive_chooses_where_it_is_written():
    assert not list(calls(*UNPACKING))
    assert not [found for found in imported() if of(found[1], ("tarfile",))]


def test_no_port_is_opened():
    assert not [found for found in imported() if of(found[1], SERVERS)]
    listening = [
        (place, name)
        for place, name, _ in calls("bind", "listen", "create_server")
        if name.startswith(("socket.", "server."))
    ]
    assert not listening
    sockets = {
        name
        for _, name, _ in calls("socket", "create_connection", "socketpair")
    }
    assert not sockets & {"socket.socket", "socket.create_connection"}
