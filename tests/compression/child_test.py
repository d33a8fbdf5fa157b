import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.compression.bridge import models
from tfkd.compression import api
from tfkd.compression import child
from tfkd.compression import settings
from tfkd.compression.data import CompressionData
from tfkd.errors import InputError

IMAGES = models.images(8)
DATA = CompressionData(np.arange(8), IMAGES, (0, 255))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs recipes with a worker of this source; returns what it yields."""
    monkeypatch.syspath_prepend(str(tmp_path))
    models.small().save(tmp_path / "s.keras")

    def start(source, **options):
        (tmp_path / "my_worker.py").write_text(source)
        monkeypatch.setattr(child, "_WORKER", "my_worker")
        return list(
            child.run(
                ["int4_ptq", "int8_pruned"],
                tmp_path / "s.keras",
                data=DATA,
                settings=settings.complete(),
                seed=3,
                options=api.Options(tmp_dir=str(tmp_path), **options),
            )
        )

    return start


SAY = "import json, os, pathlib, sys\nsay = lambda **v: print(json.dumps(v))\n"


def test_hands_over_the_request_and_yields_results_in_order(run):
    messages = []
    found = run(
        SAY
        + """
request = json.loads(pathlib.Path(sys.argv[1]).read_text())
assert 'TF_USE_LEGACY_KERAS' not in os.environ
for name in request['recipes']:
    say(progress={'message': name})
    pathlib.Path(request['output'], name + '.tflite').write_text(name)
    say(result={'recipe': name, 'seed': request['seed']})
""",
        report=lambda **values: messages.append(values["message"]),
    )
    assert found == [
        (b"int4_ptq", {"seed": 3}),
        (b"int8_pruned", {"seed": 3}),
    ]
    assert messages == ["int4_ptq", "int8_pruned"]


def test_a_death_names_the_recipe_and_the_signal(run):
    message = (
        "(?s)was killed by SIGKILL, as happens.* while making int4_ptq.*oh"
    )
    source = "sys.stderr.write('oh')\nsys.stderr.flush()\n"
    with pytest.raises(RuntimeError, match=message):
        run(SAY + source + "os.kill(os.getpid(), 9)")
    with pytest.raises(RuntimeError, match="ended with code 3"):
        run(SAY + "sys.exit(3)")


@pytest.mark.parametrize(
    ("kind", "error"), [("input", InputError), ("other", RuntimeError)]
)
def test_errors_arrive_as_what_they_are(run, kind, error):
    source = f"say(error={{'kind': {kind!r}, 'message': 'no such layer'}})"
    with pytest.raises(error, match="int4_ptq: no such layer"):
        run(SAY + source)


def test_the_worker_ends_with_its_parent(tmp_path):
    source = (
        "import time\n"
        "from tfkd.compression import worker\n"
        "import threading\n"
        "threading.Thread(target=worker._end_with_parent).start()\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", source], stdin=subprocess.PIPE
    )
    process.stdin.close()
    assert process.wait(30) == 1


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Messages of the real worker for students that it cannot take."""
    folder = tmp_path_factory.mktemp("refused")
    inputs = keras.Input(models.SHAPE)
    x = keras.layers.LayerNormalization(name="norm")(inputs)
    x = keras.layers.Dense(3)(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(folder / "s.keras")
    with pytest.raises(InputError) as error:
        list(
            child.run(
                ["int4_ptq"],
                folder / "s.keras",
                data=DATA,
                settings=settings.complete(),
                seed=0,
                options=api.Options(tmp_dir=str(folder)),
            )
        )
    return str(error.value)


def test_an_unsupported_layer_is_named_with_its_alternatives(refused):
    assert "int4_ptq: " in refused
    assert "layer 'norm' (LayerNormalization)" in refused
    assert "Use BatchNormalization, or the recipe 'float16'" in refused


def test_a_request_is_plain_json(tmp_path):
    models.small().save(tmp_path / "s.keras")
    options = api.Options(tmp_dir=str(tmp_path), source={"name": "cnn"})
    path = child._write_request(
        tmp_path, ["a"], tmp_path / "s.keras", DATA, {}, 0, options
    )
    request = json.loads(path.read_text())
    assert request["source"] == {"name": "cnn"}
    assert request["value_range"] == [0.0, 255.0]
    other = CompressionData(np.arange(8), IMAGES + 1, (0, 255))
    (tmp_path / "b").mkdir()
    again = child._write_request(
        tmp_path / "b", ["a"], tmp_path / "s.keras", other, {}, 0, options
    )
    # A backup made from other images must not be taken up.
    assert json.loads(again.read_text())["identity"] != request["identity"]
