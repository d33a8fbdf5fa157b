"""The code in docs/guides/tfx.md runs as it stands there."""

import pathlib
import re
import sys

GUIDE = pathlib.Path(__file__).parent.parent / "docs" / "guides" / "tfx.md"


def test_the_component_of_the_guide_runs(tmp_path, monkeypatch):
    blocks = re.findall(r"```python (\S+)\n(.+?)```", GUIDE.read_text(), re.S)
    assert [name for name, _ in blocks] == ["hello.py", "pipeline.py"]
    for name, code in blocks:
        (tmp_path / name).write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("hello", "pipeline"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import pipeline

    data = tmp_path / "data"
    data.mkdir()
    (data / "file").touch()
    result = pipeline.run(str(data), str(tmp_path / "root"))
    text = pathlib.Path(result.nodes["Greeting"].outputs["model"], "hello.txt")
    assert text.read_text() == 'Ann: ["train"]'
