import subprocess
import sys

import pytest

from tfkd.data import readers


@pytest.mark.parametrize("kind", readers._READERS)
def test_every_kind_of_source_has_a_reader(kind):
    from tfkd.data import source

    assert set(readers._READERS) == set(source.KEYS)
    with pytest.raises(Exception) as error:
        readers.open_reader({"kind": kind}, "")
    # It got as far as its own source: no import failed.
    assert isinstance(error.value, KeyError)


def test_declaring_components_imports_no_tensorflow():
    code = (
        "import sys;"
        "from tfkd.components.example_gen.component import ExampleGen as E;"
        "from tfkd.components.statistics_gen.component import StatisticsGen;"
        "from tfkd.components.schema_gen import component;"
        "from tfkd.components.example_validator import component;"
        "E(source={'kind': 'tfds', 'name': 'digits'}).external_fingerprint();"
        "bad = {'tensorflow', 'keras', 'apache_beam'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
