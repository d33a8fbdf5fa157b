import pytest

from tfkd.errors import InputError
from tfkd.pipelines import command_line


def test_a_mistake_is_an_input_error_that_names_the_help():
    parser = command_line.ArgumentParser(prog="tool")
    with pytest.raises(InputError, match="arguments: --x. See `tool --help`"):
        parser.parse_args(["--x"])
