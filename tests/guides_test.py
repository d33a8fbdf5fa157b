"""A shell and the parser take what README and guides say to type."""

import pathlib
import re
import shlex
import subprocess

import pytest

from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import settings
from tfkd.pipelines import sweep

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs/guides").glob("*.md"))]
FENCED = re.compile(r"^```text\n(.*?)^```", re.S | re.M)
INDENTED = re.compile(r"(?:^    .+\n)+", re.M)
RUN = re.compile(r"(?:\.venv/bin/)?tfkd run ")


def blocks(page):
    """Returns the blocks that have a command of ours."""
    text = page.read_text(encoding="utf-8")
    found = FENCED.findall(text)
    found += INDENTED.findall(
        re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    )
    # A line of a crontab is none that a shell reads.
    commands = re.compile(r"^\s*(\.venv/bin/)?tfkd \w", re.M)
    return [block for block in found if commands.search(block)]


def runs():
    """Returns the words of every `tfkd run` with a config that is here."""
    found = []
    for page in PAGES:
        for block in blocks(page):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.strip().removesuffix("&"))
                if RUN.match(line.strip()) and "--config=configs/" in line:
                    found.append(pytest.param(words, id=page.stem))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_shell_reads_every_command(page):
    for block in blocks(page):
        done = subprocess.run(
            ["bash", "-n"], input=block, text=True, capture_output=True
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"


@pytest.mark.parametrize("words", runs())
def test_every_run_has_flags_and_fields_that_there_are(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    values, config, _ = settings.parse(words[1:])
    if values.sweep:
        assert len(sweep.points(words[1:], values, config)[1]) > 1


def test_commands_are_found():
    assert {word.id for word in runs()} >= {"README", "beam", "production"}


def test_the_config_of_the_guide_makes_a_pipeline(tmp_path):
    guide = (ROOT / "docs/guides/production.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n([^`]*?get_config.*?)```", guide, re.S)
    for name in ("train-1.tfrecord", "test-1.tfrecord", "teacher.keras"):
        path = tmp_path / ("models" if "keras" in name else "images") / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    file = tmp_path / "shop.py"
    file.write_text(code.replace("/srv", str(tmp_path)), encoding="utf-8")
    argv = ["run", f"--config={file}:quick", "--pipeline_root=root"]
    argv.append("--sweep=config")
    values, config, _ = settings.parse(argv)
    points = sweep.points(argv, values, config)[1]
    assert [p.config.distillation.method for p in points] == ["hinton_kd", "at"]
    for point in points:
        distillation_pipeline.create(point.config, "root")
