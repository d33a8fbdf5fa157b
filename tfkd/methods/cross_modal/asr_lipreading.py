"""ASR is all you need: a network of speech teaches one that reads lips.

Equation:  L = c CTC(B(argmax z_t(a)), z_s(v)) / T
               + b 1/T sum_f KL(softmax(z_t(a)_f) || softmax(z_s(v)_f))
               + a L_task
Symbols:   a, v the sound and the video of one utterance; z_t, z_s (batch,
           frames, tokens) logits of T frames, at one rate; CTC
           connectionist temporal classification, see
           `tfkd.losses.CTCTargets`; B drops repeated tokens and then
           blanks: the transcript; c = `transcript_weight`;
           b = `frame_weight`; a = `task_weight`.
Paper:     Afouras, Chung & Zisserman, *ASR Is All You Need: Cross-Modal
           Distillation for Lip Reading*, ICASSP 2020, arXiv:1911.12747.
Survey:    Sec 12.1 and 12.2, Table 9, ref [3]; the soft term of Eqn 2.
Differs:   confirmed from the abstract: CTC combined with a cross-entropy a
           frame, a teacher that heard sound alone, no transcripts by hand,
           video without labels. KL instead of cross-entropy: the same
           gradient. Inferred: both weights, and the division by frames of
           both terms, so that the length of an utterance does not weigh.
"""

from tfkd.distillers import Distiller
from tfkd.losses import CTCTargets
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="asr_lipreading",
    status="simplified",
    simplified=(
        "a transcript is the teacher's likeliest token of each frame; of the "
        "paper's decoder, and of how it chooses videos, no text was read"
    ),
    columns={
        "Uses labels": "N",
        "Source modality": "Audio",
        "Target modality": "Video",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Soft labels",
        "Model compression": "N",
    },
    needs=("views",),
    example="""\
def reader(units):
    # Rows of an image stand for frames, and token 0 says nothing.
    inputs = keras.Input((28, 28, 1))
    frames = keras.layers.Reshape((28, 28))(inputs)
    frames = keras.layers.Dense(units, activation="relu")(frames)
    logits = keras.layers.Dense(11, name="logits")(frames)
    return keras.Model(inputs, logits)


teacher, student = reader(32), reader(8)
labels = labels[:, None] + 1
loss = keras.losses.CTC()
""",
)


def build(
    *,
    teacher,
    student,
    blank: int = 0,
    transcript_weight: float = 1.0,
    frame_weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": video, "teacher": sound}`.

    Args:
        teacher: Network of sound to logits of every frame.
        student: Network of video to logits of as many frames, of the same
            tokens.
        blank: Number of the token that says nothing.
        transcript_weight: c >= 0, a number or schedule.
        frame_weight: b >= 0, a number or schedule.
        task_weight: a >= 0, of the loss that is compiled, such as
            `keras.losses.CTC()` of known transcripts.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If logits are not of frames or differ in shape, or a
            number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            CTCTargets(
                blank=blank, weight=transcript_weight, name="transcript"
            ),
            SoftTargets(temperature=1.0, weight=frame_weight, name="frames"),
        ],
        student_loss_weight=task_weight,
    )
