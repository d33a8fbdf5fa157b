"""Noisy student: pseudo-labels from a clean pass, learned under noise.

Equation:  generation k:
           L = a H(y, softmax(z_k(x + e)))                for labelled x
               + b H(softmax(z_(k-1)(x) / T), softmax(z_k(x + e)))
                                                          for the others,
           where max softmax(z_(k-1)(x)) >= m; e ~ N(0, s^2)
Symbols:   z_k (batch, classes) logits of generation k, z_0 of the teacher;
           T = `temperature`; m = `threshold`; s = `stddev` in the units of
           x; a = `task_weight`; b = `weight`.
Paper:     Xie, Luong, Hovy & Le, *Self-training with Noisy Student improves
           ImageNet classification*, CVPR 2020, arXiv:1911.04252.
Survey:    Sec 4.1.2 and 13.1, Eqn 7, Table 1, ref [255].
Differs:   confirmed from the authors' code: soft pseudo-labels of T = 1,
           from a pass without noise, on unlabelled images alone, and a sum
           over both kinds of images in which each image counts alike. KL
           instead of cross-entropy: the same gradient. m = 0.3 is from
           the paper. Classes are balanced before `fit`, by the first
           teacher: see `tfkd.sources.balanced_pseudo_labels`; each
           generation's teacher labels the same images anew, as the authors'
           script `reassign` does. Dropout and stochastic depth are layers of
           the student; RandAugment is a view of the input pipeline,
           `x = {"student": augmented, "teacher": image}`.
           `keras.layers.RandAugment` is one, mapped over single images, as
           it draws its operations once a call; but it lacks some of the
           authors' operations, and its strengths are others: a factor of 1
           rotates by up to a full turn. The student is as large as the
           generations before it, and may be larger than the teacher.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.generations import chain_of_generations
from tfkd.transforms import ConfidentTargets
from tfkd.transforms import GaussianNoise

CARD = Card(
    key="noisy_student",
    status="simplified",
    simplified=(
        "RandAugment of the authors' strengths, which is left to the input "
        "pipeline"
    ),
    columns={
        "Method": "Learning from noisy labels",
        "Objective": "Eqn. 7",
    },
    needs=("unlabelled",),
    options={"generations": 2, "threshold": 0.0},
)


def build(
    *,
    teacher,
    student,
    generations: int = 3,
    threshold: float = 0.3,
    stddev: float = 0.05,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: Classifier trained on the labelled images.
        student: Classifier of the same classes, as large or larger: the last
            generation.
        generations: Students trained, the last one included; at least 1.
        threshold: m in [0, 1).
        stddev: s >= 0; 0.05 is meant for pixels up to 1.
        temperature: T > 0, a number or schedule of one generation's steps.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the noise and the weights of earlier
            generations.

    Returns:
        A `Chain`, not compiled; `fit` trains the generations one after the
        other, each for the epochs given, on labels where -1 marks an
        unlabelled image.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """

    def distill(*, teacher, student):
        return Distiller(
            student=student,
            teacher=teacher,
            student_view=GaussianNoise(stddev, seed=seed),
            distillation_losses=SoftTargets(
                temperature=temperature,
                student_temperature=1.0,
                selection=ConfidentTargets(threshold, unlabelled_only=True),
                weight=weight,
                name="pseudo_labels",
            ),
            student_loss_weight=task_weight,
        )

    return chain_of_generations(
        distill,
        student=student,
        teacher=teacher,
        count=at_least("noisy_student", "generations", generations, 1),
        seed=seed,
    )
