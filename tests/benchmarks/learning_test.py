import functools
import sys
import types

from benchmarks import learning


def test_what_a_protocol_keeps_is_made_anew_once_it_is_forgotten(monkeypatch):
    module = types.ModuleType("learning_protocols.made_up")
    module.teacher = functools.cache(object)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    first = module.teacher()
    assert module.teacher() is first
    learning.forget_teachers()
    assert module.teacher() is not first
