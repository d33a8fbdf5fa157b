"""Collaborative distillation: a small encoder serves a large decoder first.

Equation:  stage 1:  L = P(x, D(Q F_s)) + e mean (F_t - Q F_s)^2
           stage 2:  L = P(x, D_s(F_s))
           P(x, y) = mean (x - y)^2 + p sum_k mean (E_k(x) - E_k(y))^2
Symbols:   x (batch, height, width, channels) images; F_t = E(x) and D the
           teacher's code and its decoder, frozen; F_s and D_s the student's;
           Q a linear map of channels, trained; E_k taps of the teacher's
           encoder; stage 1 trains the student's encoder and Q, stage 2 its
           decoder alone; e = `embedding_weight`, p = `perceptual_weight`.
Paper:     Wang, Li, Wang, Hu & Yang, *Collaborative Distillation for
           Ultra-Resolution Universal Style Transfer*, CVPR 2020,
           arXiv:2003.08436.
Survey:    Sec 15.5, Eqn 10, ref [238].
Differs:   confirmed in the authors' code: linear 1x1 maps from the small to
           the large encoder's features, pairs of encoder and decoder that
           reconstruct images, and separate trainings of the small encoder
           and of the small decoder; p = 1. There each of five depths has such
           a pair, VGG-19 stands for the teacher's encoder, and every E_k has
           a Q and a term of features, with e = 10: the code alone and e = 1
           are ours. What moves style between codes (WCT) learns nothing.
"""

import functools

import keras

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import PartDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.image_games import images_to_images
from tfkd.teachers import FrozenLayer
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="collab_style",
    columns={},
    instead="makes images",
    example="""\
from tfkd.models import translator

shape = {"input_shape": (28, 28, 1), "value_range": (0.0, 1.0)}
teacher = translator.build(filters=(16, 16, 16), **shape)
student = translator.build(filters=(4, 4, 4), **shape)
loss = None
""",
)


def build(
    *,
    teacher,
    student,
    code_tap: str = "stage2",
    perceptual_taps: tuple = ("stage1", "stage2"),
    embedding_weight: float = 1.0,
    perceptual_weight: float = 1.0,
):
    """Builds the chain of both stages.

    Fit it on images, and compile without a loss. Labels are not read.

    Args:
        teacher: A trained model from images to the same images, whose code
            all paths lead through.
        student: A smaller one, with a tap of the code's name and size.
        code_tap: Name of F_t and F_s.
        perceptual_taps: Names of E_k, at or before the code.
        embedding_weight: e >= 0, a number or schedule.
        perceptual_weight: p >= 0, a number or schedule.

    Returns:
        A `Chain`, not compiled.

    Raises:
        InputError: If the models make no images of one size, a tap does not
            exist or is no map, or a number is out of range.
    """
    teacher = getattr(teacher, "model", teacher)
    for model in (teacher, student):
        images_to_images("collab_style", model)
    codes = [taps.shape(model, code_tap) for model in (teacher, student)]
    if any(len(code) != 4 for code in codes) or codes[0][:3] != codes[1][:3]:
        raise InputError(
            "collab_style needs codes (batch, height, width, channels) of one "
            f"size, received teacher {codes[0]} and student {codes[1]}. Name "
            "another code_tap."
        )
    perceptual = [
        (f"wanted{k}", f"seen{k}", perceptual_weight)
        for k in range(len(perceptual_taps))
    ]
    pixels = ("inputs", "image", 1.0)
    embedding = ("code", "embedded", embedding_weight)
    judge = functools.partial(_judged, teacher, perceptual_taps)

    def encoder(previous=None):
        network = taps.extend(
            student,
            [code_tap],
            lambda inputs, tensors: judge(
                inputs, **_decoded(teacher, code_tap, inputs, tensors)
            ),
        )
        losses = [pixels, embedding, *perceptual]
        return _stage(student, network, losses, end=code_tap)

    def decoder(previous=None):
        network = taps.extend(
            student,
            ["outputs"],
            lambda inputs, tensors: judge(inputs, image=tensors["outputs"]),
        )
        return _stage(student, network, [pixels, *perceptual], start=code_tap)

    for stage in (encoder, decoder):
        # Mistakes show here, and not when a stage begins.
        stage()
    return Chain([encoder, decoder], student=student)


def _decoded(teacher, code_tap, inputs, tensors):
    """The student's code as the teacher's decoder reads it, and its image."""
    (code,) = FrozenLayer(teacher, [code_tap])(inputs)
    embedded = keras.layers.Conv2D(
        code.shape[-1],
        1,
        use_bias=False,
        kernel_initializer=keras.initializers.GlorotUniform(seed=0),
        name="embedding",
    )(tensors[code_tap])
    decoder = taps.cut(teacher, [code_tap])[1]
    layer = FrozenLayer(decoder, ["outputs"], differentiable=True)
    (image,) = layer(embedded)
    return {"image": image, "code": code, "embedded": embedded}


def _judged(teacher, names, inputs, *, image, **others):
    """An image, the batch, and what the teacher's encoder sees in both."""
    inputs = keras.tree.flatten(inputs)[0]
    image = keras.tree.flatten(image)[0]
    seen = FrozenLayer(teacher, names, differentiable=True)(image)
    wanted = FrozenLayer(teacher, names)(inputs)
    return {
        "inputs": keras.layers.Identity(name="inputs_tap")(inputs),
        "image": keras.layers.Identity(name="image_tap")(image),
        **{f"seen{k}": tap for k, tap in enumerate(seen)},
        **{f"wanted{k}": tap for k, tap in enumerate(wanted)},
        **others,
    }


def _stage(student, network, losses, **part):
    """Trains one part of the student to squared errors of taps."""
    return PartDistiller(
        student=student,
        network=network,
        teacher=SelfTeacher(),
        distillation_losses=[
            FeatureMatch(
                teacher_tap=target, student_tap=own, weight=weight, name=own
            )
            for target, own, weight in losses
        ],
        student_loss_weight=0.0,
        **part,
    )
