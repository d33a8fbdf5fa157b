import os

import pytest

from tfkd.data import paths
from tfkd.errors import InputError


def test_plain_names_are_joined():
    joined = paths.inside("/data", "Split-eval", "..hidden-00000.gz")
    assert joined == os.path.join("/data", "Split-eval", "..hidden-00000.gz")


@pytest.mark.parametrize(
    "name", ["..", ".", "", "/etc/passwd", "a/../../b", "..\\b", "a\0", None, 3]
)
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(InputError, match="must be a plain name"):
        paths.inside("/data", "Split-train", name)
