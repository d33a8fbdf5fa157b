import pytest

from tfkd.errors import InputError
from tfkd.export import checks


def test_a_file_is_what_its_mode_promises(files, digits):
    checks.check_file(files.float32, "float32")
    checks.check_file(files.int8, "int8", digits[:2])


def test_a_float_file_is_no_int8_file(files):
    with pytest.raises(InputError, match="CONV_2D .*tensor 'functional"):
        checks.check_file(files.float32, "int8")


@pytest.mark.parametrize("mode", ["dynamic_int8", "float16"])
def test_a_file_without_such_weights_is_refused(files, mode):
    with pytest.raises(InputError, match="must hold (INT8|FLOAT16) weights"):
        checks.check_file(files.float32, mode)


def test_a_file_whose_outputs_are_not_finite_is_refused(
    files, digits, monkeypatch
):
    broken = digits[:1] * float("nan")
    with pytest.raises(InputError, match="made, but it does not run"):
        checks.check_file(files.float32, "float32", broken)
