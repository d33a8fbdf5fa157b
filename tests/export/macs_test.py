import types

import pytest

from tfkd.export import macs
from tfkd.export.graph import Node
from tfkd.export.graph import Tensor


def tensor(*shape):
    return Tensor("t", "FLOAT32", shape)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        # 8 * 8 * 16 outputs, each the sum of 3 * 3 * 4 products.
        (
            Node(
                "CONV_2D",
                (tensor(1, 8, 8, 4), tensor(16, 3, 3, 4), tensor(16)),
                (tensor(1, 8, 8, 16),),
            ),
            1024 * 36,
        ),
        # Two groups: the kernel sees 2 of the 4 channels.
        (
            Node(
                "CONV_2D",
                (tensor(1, 8, 8, 4), tensor(16, 3, 3, 2)),
                (tensor(1, 8, 8, 16),),
            ),
            1024 * 18,
        ),
        (
            Node(
                "DEPTHWISE_CONV_2D",
                (tensor(1, 8, 8, 4), tensor(1, 3, 3, 4)),
                (tensor(1, 4, 4, 4),),
            ),
            64 * 9,
        ),
        # Each of 4 * 4 * 2 inputs reaches 3 * 3 places of 5 channels.
        (
            Node(
                "TRANSPOSE_CONV",
                (tensor(4), tensor(5, 3, 3, 2), tensor(1, 4, 4, 2)),
                (tensor(1, 8, 8, 5),),
            ),
            32 * 45,
        ),
        (
            Node(
                "FULLY_CONNECTED",
                (tensor(1, 128), tensor(10, 128)),
                (tensor(1, 10),),
            ),
            1280,
        ),
        # (6, 3) x (3, 5), twice.
        (
            Node(
                "BATCH_MATMUL",
                (tensor(2, 6, 3), tensor(2, 3, 5)),
                (tensor(2, 6, 5),),
                options=types.SimpleNamespace(adjX=False),
            ),
            60 * 3,
        ),
        (
            Node(
                "BATCH_MATMUL",
                (tensor(2, 3, 6), tensor(2, 3, 5)),
                (tensor(2, 6, 5),),
                options=types.SimpleNamespace(adjX=True),
            ),
            60 * 3,
        ),
        (Node("ADD", (tensor(8), tensor(8)), (tensor(8),)), 0),
    ],
)
def test_products_are_counted_from_the_shapes(node, expected):
    assert macs.count(node) == expected
