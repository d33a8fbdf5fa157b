"""FSKD: 1x1 convolutions in closed form bring a pruned network back.

Equation:  for each convolution of the student, from first to last:
             Q* = argmin_Q sum ||f_t - Q f_s||_2^2,
             W <- Q* W,  b <- Q* b
Symbols:   f_t, f_s (channels) outputs of the convolution in teacher and
           student at one position, before normalization and activation; the
           sum is over positions and the few examples; W, b kernel and bias of
           the student's convolution, which the 1x1 convolution Q is merged
           into. f_t has the channels that the student kept.
Paper:     Li, Li, Liu & Zhang, *Few Sample Knowledge Distillation for
           Efficient Network Compression*, CVPR 2020, arXiv:1812.01839.
Survey:    Sec 10.2, ref [138]; the survey describes [19] in its place.
Differs:   solved as in the authors' released code, with the layers before
           already recovered and without an intercept. The student is a
           pruned teacher (`tfkd.models.prune_channels`), or one of cheaper
           convolutions with the teacher's names for the last of each.
"""

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import LeastSquares
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.methods.card import Card

CARD = Card(
    key="fskd",
    example="""\
from tfkd.models.prune_channels import prune_channels
from tfkd.models.prune_channels import select

kept = select(teacher, keep=0.5)
student = prune_channels(teacher, kept)
options = {"kept": kept}
""",
)


def build(
    *,
    teacher,
    student,
    layers: tuple | None = None,
    kept: dict | None = None,
):
    """Builds the chain.

    Args:
        teacher: Trained network.
        student: The teacher compressed, with its weights.
        layers: Names of the student's convolutions, which are also the
            teacher's taps, from first to last; all that have a namesake in
            the teacher if absent.
        kept: Name of a convolution to the teacher's channels that it kept,
            as `tfkd.models.prune_channels.select` returns; convolutions that
            are not in it kept all.

    Returns:
        A `Chain`, not compiled; `fit` sees the examples once an epoch for
        each convolution, and needs no labels.

    Raises:
        InputError: If there is no such convolution, or widths or sizes do
            not fit.
    """
    kept = dict(kept or {})
    names = tuple(layers or taps.common_convolutions(teacher, student))
    if not names:
        raise InputError(
            "fskd needs convolutions of the student with the names of the "
            f"teacher's, and found none in {student.name!r}. Make the student "
            "with tfkd.models.prune_channels.prune_channels(teacher, kept)."
        )
    for name in kept:
        if name not in names:
            raise unknown("convolution to recover", name, names)

    def stage(name):
        return LeastSquares(
            student=student,
            teacher=teacher,
            student_layer=name,
            teacher_tap=f"{name}:pre",
            channels=kept.get(name),
        )

    for name in names:
        stage(name)  # A mistake shows before any layer changes.
    return Chain(
        [lambda _, name=name: stage(name) for name in names], student=student
    )
