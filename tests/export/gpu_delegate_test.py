import types

import pytest

from tfkd.export import gpu_delegate
from tfkd.export import inspect
from tfkd.export.graph import Node
from tfkd.export.graph import Tensor

IMAGE = Tensor("image", "FLOAT32", (1, 8, 8, 4))


def constant(*shape, kind="INT32"):
    return Tensor("constant", kind, shape, num_bytes=4)


def node(name, *inputs, output=IMAGE, version=1, **options):
    return Node(
        name,
        inputs or (IMAGE,),
        (output,),
        version,
        types.SimpleNamespace(**options),
    )


def compared(*readers):
    """A comparison whose result goes to `readers`."""
    found = node("GREATER", IMAGE, IMAGE, output=Tensor("b", "BOOL", (1, 8)))
    found.readers.extend(readers)
    return found


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (node("CONV_3D"), "no such operation"),
        (node("CUSTOM:FlexErf"), "no such operation"),
        (node("CONV_2D", version=7), "version 6, the file needs 7"),
        (node("RELU", Tensor("x", "INT16", (1, 4))), "input of type INT16"),
        (node("RELU", output=Tensor("y", "INT64", (1,))), "output of type IN"),
        (node("RELU", Tensor("x", "FLOAT32", (1, 2, 3, 4, 5))), "than 4 axes"),
        (compared(), "one CAST or SELECT"),
        (compared(node("CAST"), node("CAST")), "one CAST or SELECT"),
        (node("ADD", IMAGE, constant(2, 4)), "broadcast [2, 4] to [1, 8,"),
        (node("ADD_N", IMAGE, IMAGE, IMAGE), "adds 2 tensors, not 3"),
        (node("BATCH_MATMUL", IMAGE, constant(1, 4, 4)), "3 axes instead of 2"),
        (node("GATHER", IMAGE, constant(2, 2)), "one axis of INT32"),
        (node("MEAN", IMAGE, Tensor("axes", "INT8", (1,))), "not constant"),
        (node("PAD", IMAGE, constant(2, 2)), "3 or 4 axes, not 2"),
        (node("MIRROR_PAD", IMAGE, constant(4, 2), mode=1), "REFLECT"),
        (node("SELECT", IMAGE, constant(8, 4), IMAGE), "broadcast [8, 4]"),
        (node("SLICE", Tensor("x", "FLOAT32", (8, 4))), "3 or 4 axes, not 2"),
        (
            node(
                "STRIDED_SLICE",
                ellipsisMask=0,
                newAxisMask=0,
                shrinkAxisMask=1,
            ),
            "neither add nor drop axes",
        ),
        (node("SOFTMAX", beta=2.0), "beta is 2"),
    ],
)
def test_what_the_delegate_cannot_do_is_refused(given, reason):
    assert reason in gpu_delegate.refusal(given)


@pytest.mark.parametrize(
    "given",
    [
        node("CONV_2D", IMAGE, constant(4, 3, 3, 4, kind="INT8"), version=6),
        node("QUANTIZE", output=Tensor("q", "INT8", (1, 8, 8, 4))),
        node("CAST", Tensor("x", "INT32", (1, 4))),
        compared(node("CAST")),
        node("ADD", IMAGE, constant(8, 8, 4)),
        node("ADD", IMAGE, constant(1, 4)),
        node("MUL", IMAGE, constant(4)),
        node("PAD", IMAGE, constant(4, 2)),
        node("SELECT", IMAGE, constant(), IMAGE),
        node("SOFTMAX", beta=1.0),
    ],
)
def test_what_it_can_do_is_not_refused(given):
    assert gpu_delegate.refusal(given) is None


def test_plain_files_are_not_refused(files):
    assert inspect(files.float32).gpu_rejects == ()
    assert inspect(files.int8).gpu_rejects == ()
