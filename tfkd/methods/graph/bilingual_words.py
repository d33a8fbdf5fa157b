"""Bilingual words: what two views call by different names, called alike.

Equation:  L = b T^2 KL(softmax(z_t / T) || softmax(h(w_t M_t) / T))
               + a H(y, softmax(z_s)),  z_s = h(w_s M_s)
           (M_t, M_s) parts the graph E = sum over pairs of w_t w_s^T
Symbols:   w_t, w_s (batch, words) bags of visual words of one scene from two
           views; M (words, groups) which bilingual word each is part of, see
           `tfkd.losses.BilingualWords`; h the student's classifier; z_t
           logits of the teacher, a classifier of its view; T =
           `temperature`; b = `weight`; a = `task_weight`.
Paper:     Liu, Shah, Kuipers & Savarese, *Cross-View Action Recognition via
           View Knowledge Transfer*, CVPR 2011.
Survey:    Sec 6.1, ref [144].
Differs:   confirmed from the paper's abstract: a bipartite graph of the two
           views' vocabularies, parted into clusters of words, which turn
           bags of visual words into bags of bilingual words; and that a
           locally weighted ensemble may fuse several views. Inferred: edges
           are how often two words occur in one pair, and the partition is
           Dhillon's spectral one. h sees the teacher's view alone, unless a
           > 0: the student needs no label of its own view.
"""

from tfkd import taps
from tfkd.distillers import AdaptingDistiller
from tfkd.errors import InputError
from tfkd.losses import BilingualWords
from tfkd.methods.card import Card
from tfkd.models.bag_of_words import WordGroups

CARD = Card(
    key="bilingual_words",
    status="simplified",
    simplified=(
        "words are patches of images in place of cuboids of videos; a "
        "trained classifier's answers on the pairs replace labels of the "
        "source view, a linear classifier the SVM; one source view, without "
        "the ensemble of several"
    ),
    needs=("views",),
    example="""\
from tfkd.models import bag_of_words

turned = np.rot90(images, axes=(1, 2))
x = {"student": turned, "teacher": images}
teacher = bag_of_words.build(**shapes, words=16)
teacher.get_layer("words").adapt(images)
student = bag_of_words.build(**shapes, words=16, groups=4)
student.get_layer("words").adapt(turned)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "words",
    student_tap: str = "words",
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": one view, "teacher": the
    other}`. The first `fit` groups the words of its pairs.

    Args:
        teacher: Classifier with a tap that is a bag of words, such as
            `tfkd.models.bag_of_words.build` makes.
        student: Another one, with `groups`; its vocabulary is adapted to its
            view.
        teacher_tap: Name of w_t.
        student_tap: Name of w_s.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Of the partition.

    Returns:
        An `AdaptingDistiller`, not compiled. The partition needs
        scikit-learn.

    Raises:
        InputError: If a tap does not exist or does not fit, the student has
            no groups of words, or a number is out of range.
    """
    layers = taps.layers_of(student, "logits")
    found = [layer for layer in layers if isinstance(layer, WordGroups)]
    if len(found) != 1:
        raise InputError(
            "bilingual_words needs a student with one layer WordGroups, "
            f"received {len(found)} of them in {student.name!r}. Make it with "
            "tfkd.models.bag_of_words.build(..., groups=...)."
        )
    return AdaptingDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=BilingualWords(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            groups=found[0],
            head=taps.classifier(student),
            temperature=temperature,
            seed=seed,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
