import pytest

from tfkd.errors import InputError
from tfkd.export import modes


def test_an_unknown_mode_lists_the_closest():
    with pytest.raises(InputError, match="'int8_signed'"):
        modes.get("int8_sined")


def test_four_bits_after_training_are_refused_with_the_reason():
    with pytest.raises(InputError, match="87.3 to 41.1 %.*'int4_qat'"):
        modes.get("int4")


def test_integer_modes_need_calibration():
    for mode in map(modes.get, modes.names()):
        assert mode.calibrated or not mode.integer
        assert mode.weights in ("FLOAT32", "FLOAT16", "INT8")
