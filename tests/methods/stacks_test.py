from tests.conformance.cases.segmentation import segmenter
from tfkd.methods import stacks
from tfkd.tasks import pose
from tfkd.teachers import FrozenTeacher


def test_maps_are_those_of_every_stack():
    model = pose.model(stacks=3, filters=2)
    assert stacks.map_taps(model) == ("maps1", "maps2", "logits")
    assert stacks.map_taps(FrozenTeacher(model)) == stacks.map_taps(model)
    assert stacks.map_taps(segmenter((2, 2))) == ("logits",)


def test_the_last_maps_are_paired_first():
    teacher, student = (pose.model(stacks=n, filters=2) for n in (3, 2))
    assert stacks.paired_maps(teacher, student) == (
        ("maps2", "maps1"),
        ("logits", "logits"),
    )
