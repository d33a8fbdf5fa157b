"""ILT: a segmenter learns new classes and keeps what it said of the old ones.

Equation:  L = a mean_p H(y(p), softmax(z_s(p)))
               + b mean_(p in P) KL(q_t(p) || softmax(z_s(p)))
               + c mean (F_t - F_s)^2 + d sum_l mean (D_t^l - D_s^l)^2
               + e / B^2 ||G(F_t) - G(F_s)||_F^2 ,
           row i of G(F) is F_i F^T / ||F_i F^T||_2 ,
           P = {p: 0 <= y(p) < n},  q_t = softmax(z_t), 0 for new classes
Symbols:   z_t (batch, h, w, n), z_s (batch, h, w, classes) logits of the old
           segmenter and of the student; y labels of pixels, background
           among the n old classes, -1 for none; F_t, F_s features at the
           encoder's end, F_i that of image i, flattened, of a batch of B;
           D^l layers of the decoder; a = `task_weight`, b = `weight`, c =
           `feature_weight`, d = `decoder_weight`, e = `similarity_weight`.
Paper:     Michieli & Zanuttigh, *Knowledge Distillation for Incremental
           Learning in Semantic Segmentation*, CVIU 2021, arXiv:1911.03462.
Survey:    Sec 14.2.1 and 15.1, ref [170].
Differs:   confirmed from the abstract: four distillations, of the output and
           of inner layers. Confirmed in the authors' code, which has the
           first two: targets of probability 0 for new classes and a softmax
           over all, at pixels of old classes and of the background (P over
           the batch), without temperature; the mean squared difference of
           the encoder's features; the encoder frozen or not. KL instead of
           cross-entropy: the same gradient. Inferred: the third as the
           second, of each of the decoder's layers (dilated convolutions
           there), and the fourth as in Tung & Mori, ICCV 2019. Weights are
           the user's there; 1 and 0 are ours. `freeze_encoder` also keeps
           the statistics of its batch normalizations.
"""

import re

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.distillers import PartDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import OldClassTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.transforms import SimilarityMatrix

CARD = Card(
    key="ilt_seg",
    status="simplified",
    simplified=(
        "the form of two of the paper's four terms, those of the decoder's "
        "layers and of similarities between images, is inferred"
    ),
    task="segmentation",
    options={
        "feature_weight": 1.0,
        "decoder_weight": 1.0,
        "similarity_weight": 1.0,
    },
    example="""\
from tfkd.models.heads import grow

labels[labels > 8] = 0  # Two classes, which nobody had yet.
teacher = task.model(num_classes=9)
student = grow(teacher, 2, bias_correction=False)
""",
)


def build(
    *,
    teacher,
    student,
    feature_tap: str | None = None,
    decoder_taps: tuple | None = None,
    weight: float = 1.0,
    feature_weight: float = 0.0,
    decoder_weight: float = 0.0,
    similarity_weight: float = 0.0,
    freeze_encoder: bool = False,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: The old model, a segmenter of n classes.
        student: `tfkd.models.heads.grow(teacher, m, bias_correction=False)`.
        feature_tap: Name of F_t and F_s, the encoder's end; the student's
            last stage if absent.
        decoder_taps: Names of D^l in both; layers of the student named
            decoder, decoder2, ... if absent.
        weight: b >= 0, a number or schedule.
        feature_weight: c >= 0, a number or schedule.
        decoder_weight: d >= 0, a number or schedule.
        similarity_weight: e >= 0, a number or schedule; batches of one say
            nothing.
        freeze_encoder: Whether only layers behind `feature_tap` are trained.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If logits are not dense, the student knows no new class,
            a tap does not exist or differs in shape, no layer of the
            decoder is found, or a number is out of range.
    """
    dense_logits("ilt_seg", teacher, student)
    feature_tap = feature_tap or taps.stages(student)[-1]
    features = {"teacher_tap": feature_tap, "student_tap": feature_tap}
    losses = [
        OldClassTargets(weight=weight),
        FeatureMatch(weight=feature_weight, name="features", **features),
    ]
    if decoder_weight != 0 or decoder_taps is not None:
        losses += [
            FeatureMatch(
                teacher_tap=tap,
                student_tap=tap,
                weight=decoder_weight,
                name=f"layer_{tap.replace('/', '_')}",
            )
            for tap in decoder_taps or _decoder(student)
        ]
    if similarity_weight != 0:
        losses.append(
            FeatureMatch(
                teacher_transform=SimilarityMatrix(),
                student_transform=SimilarityMatrix(),
                weight=similarity_weight,
                name="similarities",
                **features,
            )
        )
    parts = {
        "student": student,
        "teacher": teacher,
        "distillation_losses": losses,
        "student_loss_weight": task_weight,
    }
    if freeze_encoder:
        return PartDistiller(start=feature_tap, **parts)
    return Distiller(**parts)


def _decoder(student):
    """Names of the decoder's layers, in order."""
    found = [
        name
        for name in taps.names(student)
        if re.fullmatch(r"(.*/)?decoder\d*", name)
    ]
    if not found:
        raise InputError(
            "ilt_seg compares layers of the decoder, and the student "
            f"{student.name!r} has none named decoder, decoder2, ... Name "
            "them: decoder_taps=(...)."
        )
    return found
