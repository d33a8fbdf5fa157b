import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tfkd.export import handoff
from tfkd.export import package
from tfkd.export.litert import LiteRTModel

CONSUMER = (
    pathlib.Path(__file__).parents[2] / "examples/litert_python/classify.py"
)


@pytest.fixture
def folder(packed, digits, tmp_path):
    """A whole variant, as it is pushed."""
    target = tmp_path / "int8"
    shutil.copytree(packed.folder, target)
    package.write_description(target, packed.description)
    handoff.write(target, packed.description, digits[:20])
    return target


def vectors(folder):
    return json.loads((folder / "test_vectors.json").read_text())


def test_the_folder_is_complete_and_every_file_has_its_sum(folder):
    assert sorted(path.name for path in folder.iterdir()) == list(package.FILES)
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert sorted(sums) == sorted(set(package.FILES) - {"SHA256SUMS"})
    for name, wanted in sums.items():
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == wanted


def test_vectors_are_integers_that_the_file_answers(folder, digits):
    told = vectors(folder)
    assert len(told["vectors"]) == 8
    model = LiteRTModel(folder / "model.tflite")
    for image, vector in zip(digits, told["vectors"], strict=False):
        steps = np.round(image.ravel() / model.input.scale)
        np.testing.assert_array_equal(vector["input"], steps)
        answer = model.invoke(
            np.array(vector["input"], "uint8").reshape(1, 8, 8, 1)
        )
        assert answer.ravel().tolist() == vector["output"]


def test_large_outputs_may_differ_by_more(files, packed, digits, monkeypatch):
    class Large(LiteRTModel):
        def invoke(self, tensor):
            return 30_000 * super().invoke(tensor)

    def tolerance():
        return handoff._vectors(files.float32, packed.description, digits[:9])[
            "tolerance"
        ]

    assert tolerance() == 1e-4
    monkeypatch.setattr(handoff, "LiteRTModel", Large)
    # A ten-thousandth of what is nearly 30,000 for a sure digit.
    assert 1 < tolerance() <= 3


def test_large_images_have_fewer_vectors(packed, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(handoff, "_MAX_NUMBERS", 3 * 64 + 1)
    shutil.copytree(packed.folder, tmp_path / "int8")
    handoff.write(tmp_path / "int8", packed.description, digits[:20])
    assert len(vectors(tmp_path / "int8")["vectors"]) == 3


def test_the_readme_states_both_formulas(folder, packed):
    text = (folder / "README.md").read_text()
    assert max(map(len, text.splitlines())) <= 79
    text = " ".join(text.split())
    source, target = (
        packed.description[side]["quantization"] for side in ("input", "output")
    )
    assert f"integer = round(pixel / {source['scale']:.9g}) + 0" in text
    assert f"probability = (integer - 0) * {target['scale']:.9g}" in text
    assert "8 rows of 8 pixels of 1 channel" in text
    assert "raw, 0 to 16" in text


def test_the_same_model_gives_the_same_files(folder, packed, digits, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(packed.folder, again)
    package.write_description(again, packed.description)
    handoff.write(again, packed.description, digits[:20])
    for name in package.FILES:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.fixture(scope="session")
def phone(tmp_path_factory):
    """A folder of packages: numpy and ai_edge_litert with what they need."""
    import ai_edge_litert
    import numpy

    site = pathlib.Path(ai_edge_litert.__file__).parents[1]
    folder = tmp_path_factory.mktemp("packages")
    needed = ("ai_edge_litert", "backports", "numpy", "flatbuffers")
    for name in (*needed, "numpy.libs", "google", "tqdm"):
        if (site / name).exists():
            (folder / name).symlink_to(site / name)
    assert pathlib.Path(numpy.__file__).parents[1] == site
    return folder


def consume(phone, *arguments):
    """Runs the example where no other package can be imported."""
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__'); "
        "print([m for m in ('tensorflow', 'keras', 'tfkd') "
        "if m in sys.modules])"
    )
    return subprocess.run(
        [sys.executable, "-S", "-c", code, str(CONSUMER), *arguments],
        env={"PYTHONPATH": str(phone), "PATH": "/usr/bin:/bin"},
        cwd=phone,
        capture_output=True,
        text=True,
    )


def test_a_consumer_without_tensorflow_checks_and_classifies(
    folder, phone, digits, tmp_path
):
    done = consume(phone, str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["All 8 test vectors agree.", "[]"]
    np.save(tmp_path / "images.npy", digits[:3])
    done = consume(phone, str(folder), str(tmp_path / "images.npy"))
    assert done.returncode == 0, done.stderr
    expected = LiteRTModel(folder / "model.tflite").predict(digits[:3])
    for line, row in zip(done.stdout.splitlines(), expected, strict=False):
        label, probability = line.rsplit("  ", 1)
        assert label == f"digit {row.argmax()}"
        assert float(probability) == pytest.approx(row.max(), abs=1e-3)
    (folder / "labels.txt").write_text("cat\n")
    done = consume(phone, str(folder))
    assert done.returncode == 1
    assert "labels.txt was changed" in done.stderr


@pytest.mark.parametrize(
    ("task", "labels", "title", "meaning"),
    [
        (
            "segmentation",
            [f"digit {digit}" for digit in range(10)],
            "# Image segmenter, 10 classes",
            "the probability of each class for each pixel, in the order",
        ),
        (
            "raw",
            [],
            "# Image model\n",
            "what the model returns, as it was trained.",
        ),
    ],
)
def test_what_is_no_classifier_is_handed_off_without_classes_to_check(
    files, phone, digits, tmp_path, task, labels, title, meaning
):
    target = tmp_path / task
    description = package.write(
        target,
        files.float32,
        labels=labels,
        value_range=(0.0, 16.0),
        provenance={},
        sample=digits[:2],
        task=task,
    )
    package.write_description(target, description)
    handoff.write(target, description, digits[:3])
    assert all("label" not in v for v in vectors(target)["vectors"])
    text = (target / "README.md").read_text()
    assert text.startswith(title)
    assert meaning in " ".join(text.split())
    assert "largest must" not in text
    done = consume(phone, str(target))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "All 3 test vectors agree."
    np.save(tmp_path / "images.npy", digits[:1])
    done = consume(phone, str(target), str(tmp_path / "images.npy"))
    assert f"holds no classifier: {task}" in done.stderr


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """The C example, compiled against the runtime of the Python wheel."""
    import ai_edge_litert

    runtime = pathlib.Path(ai_edge_litert.__file__).parent
    for tool in ("make", "cc"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if not (runtime / "libLiteRt.so").exists():
        pytest.skip("this wheel of ai-edge-litert brings no libLiteRt.so")
    program = tmp_path_factory.mktemp("c") / "check"
    made = subprocess.run(
        ["make", "-s", f"LITERT={runtime}", f"OUT={program}"],
        cwd=CONSUMER.parents[1] / "litert_c",
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return program


def test_make_says_which_runtime_it_needs(tmp_path):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    made = subprocess.run(
        ["make", "-s", "PYTHON=false", f"OUT={tmp_path / 'check'}"],
        cwd=CONSUMER.parents[1] / "litert_c",
        capture_output=True,
        text=True,
    )
    assert made.returncode != 0
    assert "LITERT=FOLDER" in made.stdout


def run_c(program, folder):
    return subprocess.run(
        [program, folder], capture_output=True, text=True, env={}
    )


def test_a_consumer_in_c_checks_an_integer_file(folder, compiled):
    done = run_c(compiled, folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "All 8 test vectors agree.\n"


def test_a_consumer_in_c_checks_a_float_file(files, compiled, digits, tmp_path):
    description = package.write(
        tmp_path,
        files.float32,
        labels=[str(digit) for digit in range(10)],
        value_range=(0.0, 16.0),
        provenance={},
        sample=digits[:2],
    )
    handoff.write(tmp_path, description, digits[:4])
    done = run_c(compiled, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "All 4 test vectors agree.\n"


def test_a_consumer_in_c_tells_which_output_is_off(folder, compiled):
    told = vectors(folder)
    right = told["vectors"][5]["output"][3]
    wrong = right + 10 if right < 200 else right - 10
    told["vectors"][5]["output"][3] = wrong
    text = json.dumps(told, separators=(",", ":"), sort_keys=True)
    (folder / "test_vectors.json").write_text(text)
    done = run_c(compiled, folder)
    assert done.returncode == 1
    assert f"Vector 5: output 3 is {right}, not {wrong}." in done.stderr


def test_a_consumer_in_c_refuses_a_folder_without_a_model(compiled, tmp_path):
    done = run_c(compiled, tmp_path)
    assert done.returncode == 1
    assert "Cannot open" in done.stderr
