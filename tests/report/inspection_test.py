import re

import pytest

from tfkd.export.inspect import Inspection
from tfkd.export.inspect import Operation
from tfkd.export.inspect import Reject
from tfkd.export.xnnpack import Taken
from tfkd.report import inspection

CONV = Operation(
    "CONV_2D",
    ("INT8", "INT8", "INT32"),
    ("INT8",),
    "net_1/stage_<1>_1/Relu;net_1/conv_1/convolution",
    shape=(1, 8, 8, 16),
    activations=("INT8",),
    constants=(("INT8", 576), ("INT32", 64)),
    reads=(0,),
    macs=36864,
    quantization="per channel",
)
CONTENTS = Inspection(
    (
        Operation(
            "QUANTIZE", ("FLOAT32",), ("INT8",), activations=("FLOAT32",)
        ),
        CONV,
        Operation("ARG_MAX", ("INT8",), ("INT64",), "net_1/top_1/Max"),
        Operation("DEQUANTIZE", ("FLOAT16",), ("FLOAT32",), unpacks=True),
        Operation(
            "ADD",
            ("INT8", "INT8"),
            ("INT8",),
            constants=(("INT8", 64),),
            reads=(0, 1),
        ),
    ),
    {"INT8": 4, "FLOAT32": 2},
    {"INT8": 640, "FLOAT32": 0},
    12345,
    (Reject(2, "ARG_MAX", ("top",), "no such operation"),),
)
TAKEN = Taken(frozenset((1, 4)))


@pytest.fixture(scope="module")
def page():
    return inspection.render("<net>.tflite", CONTENTS, TAKEN)


def shown(page):
    """The rows of the page as text without tags."""
    rows = re.findall(r'<li class="from-.*?</li>', page, re.DOTALL)[1:]
    return [re.sub(r"\s+", " ", re.sub("<[^>]+>", "", r)) for r in rows]


def test_every_operation_is_a_row_with_its_size_and_cost(page):
    conv = shown(page)[1]
    assert "CONV_2D" in conv
    assert "stage_&lt;1&gt;, conv" in conv
    assert "1×8×8×16, per channel" in conv
    assert "640 INT8" in conv
    assert "36,864" in conv


def test_bars_are_relative_to_the_largest():
    found = inspection.rows(CONTENTS, TAKEN)
    assert [row["bytes_part"] for row in found] == ["0", "100.0", "0", "10.0"]
    assert [row["macs_part"] for row in found] == ["0", "100.0", "0", "0"]


def test_changes_of_type_are_marked(page):
    assert "FLOAT32 → INT8" in shown(page)[0]
    assert inspection.rows(CONTENTS, TAKEN)[0]["kinds"] == ["float", "integer"]
    assert page.count('class="from-float to-integer"') == 2  # And the legend.


def test_what_delegates_leave_is_marked(page):
    quantize, conv, top, add = shown(page)
    assert "GPU: no such operation" in top
    assert "GPU" not in quantize + conv + add
    assert "own kernel" in quantize
    assert "own kernel" in top
    assert "own kernel" not in conv + add
    assert "takes all but 2 of the operations below" in page


def test_the_head_tells_whether_floats_are_left(page):
    assert "Floats in 1 of 4 operations" in page
    whole = inspection.render("m", Inspection((CONV,), {}, {}, 9), TAKEN)
    assert "Integers only" in whole


def test_what_is_read_from_further_above_is_told(page):
    assert "reads 0, 1" in shown(page)[3]
    assert "reads" not in shown(page)[1]


def test_dequantized_constants_are_left_out_and_counted(page):
    assert len(shown(page)) == 4
    assert "1 DEQUANTIZE of constants are left out" in page


def test_without_a_check_no_operation_is_marked():
    page = inspection.render("m", CONTENTS, Taken(unchecked="it <broke>"))
    assert "not checked: it &lt;broke&gt;" in page
    assert not any("own kernel" in row for row in shown(page))


def test_the_page_needs_nothing_from_outside(page):
    assert re.findall(r'(?:src|href)="([^"#]+)', page) == []
    assert "<script" not in page
    assert "<h1>&lt;net&gt;.tflite</h1>" in page


def test_an_operation_without_output_is_a_row():
    writes = Operation("ASSIGN_VARIABLE", ("RESOURCE", "FLOAT32"), ())
    calls = Operation("CALL_ONCE", (), ())
    contents = Inspection((writes, calls), {"FLOAT32": 1}, {}, 100, ())
    page = inspection.render("stateful.tflite", contents, TAKEN)
    assert '<li class="from-float to-float">' in page
    assert "CALL_ONCE" in page
