import json
import subprocess
import sys

import pytest

from tfkd import methods
from tfkd.pipelines import cli


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_methods_lists_the_implemented_ones(capsys):
    assert cli.main(["methods"]) == 0
    printed = lines(capsys)
    assert printed[0].split() == list(cli.COLUMNS)
    keys = [line.split()[0] for line in printed[1 : printed.index("")]]
    assert sorted(keys) == methods.names()


def test_methods_all_lists_the_whole_survey(capsys):
    assert cli.main(["methods", "--all"]) == 0
    printed = lines(capsys)
    assert printed.index("") - 1 == len(methods.catalogue())


def test_methods_json_is_the_catalogue(capsys):
    assert cli.main(["methods", "--json", "--all"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == json.loads(json.dumps(methods.catalogue()))


def test_table_fits_the_width():
    row = {name: "word " * 30 for name in cli.COLUMNS} | {
        "key": "k",
        "section": "s",
        "table": "",
        "status": "planned",
    }
    printed = cli.table([row], 60)
    assert max(map(len, printed)) <= 60
    assert printed[1].endswith("...")
    assert printed[1].split()[:4] == ["k", "s", "-", "planned"]


def test_method_is_explained_with_arguments_and_example(capsys):
    assert cli.main(["methods", "hinton_kd"]) == 0
    text = capsys.readouterr().out
    for word in ("Equation:", "Paper:", "temperature: float = 4.0"):
        assert word in text
    assert 'methods.get("hinton_kd")' in text


def test_method_as_json_has_its_arguments(capsys):
    assert cli.main(["methods", "hinton_kd", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["arguments"]["temperature"] == ["float", "4.0"]


def test_work_that_the_survey_names_in_passing_is_told_as_such(capsys):
    missing = {row["key"] for row in methods.catalogue()} - set(methods.names())
    assert cli.main(["methods", min(missing)]) == 0
    printed = capsys.readouterr().out
    assert "The survey names it in passing" in printed
    # As if somebody were to write it.
    assert "yet" not in printed.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["methods", "hinton_dk"], "hinton_kd"),
        (["method"], "methods"),
        ([], "COMMAND"),
        (["methods", "--jsn"], "--jsn"),
        (["run", "--confg=x"], "config"),
    ],
)
def test_mistakes_are_one_line_with_exit_code_1(arguments, words, capsys):
    assert cli.main(arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error


def test_help_shows_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "methods" in text
    assert "run" in text


def test_listing_imports_neither_tensorflow_nor_keras():
    code = (
        "import sys; from tfkd.pipelines import cli; cli.main(['methods']); "
        "print([m for m in ('tensorflow', 'keras', 'apache_beam', "
        "'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
