"""Customized students: clear teachers make components, components a student.

Equation:  stage 1, for each group of teachers of the same classes L:
               L = sum_i g_i [ mean (z_i - c)^2
                               + sum_l mean (A_il F_il - B_il C_l)^2 ]
                   + r sum_il mean_k (||A_il[:, k]||_2^2 - 1)^2,
               g_i = 1[i = argmin_j H(softmax(z_j))]
           stage 2:
               L = b mean (c - z_s)^2 + w sum_gl mean (C_gl - B_gl F_l)^2
                   + a H(y, softmax(z_s)),  c = [c_1; ...; c_m]
Symbols:   z_i, c, z_s (batch, classes) logits of teacher i of the group, of
           its component network, and of the student, of all classes; F_il,
           C_l, F_l (batch, height, width, channels) their maps at the end of
           block l; A, B 1x1 convolutions, trained; H entropy; r =
           `regularizer`; b = `weight`; w = `feature_weight`;
           a = `task_weight`.
Paper:     Shen, Xue, Wang, Song, Sun & Song, *Customizing Student Networks
           From Heterogeneous Teachers via Adaptive Knowledge Amalgamation*,
           ICCV 2019, arXiv:1908.07121.
Survey:    Sec 7.5, Eqn 24 with a hard gate, Table 6, ref [211].
Differs:   confirmed in the code of the authors' group: both steps, the
           teacher of least entropy for each example, mean squared errors of
           blocks and logits with weight 1, convolutions to half the channels
           on both sides in the first step and on the student's side in the
           second, the regularizer. There one teacher's data is one batch;
           here batches are mixed. Where label sets overlap, the mean of the
           logits. Components see in stage 2 what teachers see: give no views
           of their own, nor stored answers, which are those of one stage.
"""

import keras
from keras import ops

from tfkd import models
from tfkd.distances import LpDistance
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SelectedTeacher
from tfkd.methods.card import Card
from tfkd.methods.label_sets import checked_sets
from tfkd.methods.label_sets import layers_of_all
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import as_ensemble
from tfkd.transforms import JoinedClasses
from tfkd.transforms import Regressor

CARD = Card(
    key="ka_customize",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_KD_fea+logits+L_reg",
    },
    needs=("unlabelled",),
    example="""\
shapes["num_classes"] = 5
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
teachers = [[teacher, other], [other, teacher]]
options = {"label_sets": (range(5), range(5, 10))}
""",
)


@keras.saving.register_keras_serializable("tfkd")
class ComponentDistiller(Distiller):
    """A `Distiller` whose student knows other classes than the labels."""

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Adds distillation to regularization; labels count nothing."""
        if not self._is_training(y_pred):
            return ops.zeros((), "float32")
        step = self._step()
        weights = sum(
            (self._aggregate_additional_loss(loss) for loss in self.losses),
            start=ops.zeros((), "float32"),
        )
        return weights + self._knowledge_loss(
            x, None, y_pred, sample_weight, step
        )

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return self.get_metrics_result()


def build(
    *,
    teacher,
    student,
    label_sets: tuple | None = None,
    component: dict | None = None,
    regularizer: float = 1.0,
    weight: float = 1.0,
    feature_weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: A list of groups, each a list of convolutional classifiers
            of the same classes; a lone classifier is a group.
        student: Convolutional classifier of all classes.
        label_sets: `((0, 1, 2), (3, 4), ...)`: of each group, the student's
            class that each of its logits scores; all of the student's
            classes for every group if absent.
        component: Arguments of `tfkd.models.build` for each group's
            component, without `input_shape` and `num_classes`; a `cnn` if
            absent.
        regularizer: r >= 0.
        weight: b >= 0, a number or schedule.
        feature_weight: w >= 0, a number or schedule.
        task_weight: a >= 0 in the last stage; labels are not needed where it
            is 0.
        seed: Whole number behind the components' weights.

    Returns:
        A `Chain`, not compiled; `fit` trains a component for each group and
        then the student, each for the epochs given.

    Raises:
        InputError: If the sets fit neither the groups nor the student, a
            network has no stages of maps, or a number is out of range.
    """
    groups = [
        list(group) if isinstance(group, (list, tuple)) else [group]
        for group in (
            teacher if isinstance(teacher, (list, tuple)) else [teacher]
        )
    ]
    if not groups or not all(groups):
        raise InputError(
            "ka_customize needs at least one group of at least one teacher, "
            f"received {teacher!r}."
        )
    sets = checked_sets(
        "ka_customize", label_sets, as_ensemble([g[0] for g in groups]), student
    )

    def make(number):
        model = models.build(
            **(component or {"name": "cnn"}),
            input_shape=student.input_shape[1:],
            num_classes=len(sets[number]),
        )
        return fresh_copy(model, seed + number)

    def extract(number):
        ensemble, model = as_ensemble(groups[number]), make(number)
        return ComponentDistiller(
            student=model,
            teacher=ensemble,
            distillation_losses=SelectedTeacher(
                teachers=len(ensemble.members),
                layers=layers_of_all(ensemble, model),
                regularizer=regularizer,
            ),
            student_loss_weight=0.0,
        )

    def fuse(components):
        return _fused(
            components, student, sets, weight, feature_weight, task_weight
        )

    # A mistake shows before any training.
    fuse([extract(number).student for number in range(len(groups))])
    trained = []

    def stage(number):
        def begin(previous):
            trained[number - 1 :] = [] if previous is None else [previous]
            if number == len(groups):
                return fuse(trained)
            return extract(number)

        return begin

    return Chain(
        [stage(number) for number in range(len(groups) + 1)], student=student
    )


def _listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _fused(components, student, sets, weight, feature_weight, task_weight):
    """Returns the distiller of the last stage."""
    ensemble = as_ensemble(components)
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=[f"{i}/logits" for i in range(len(sets))],
                student_tap="logits",
                teacher_transform=JoinedClasses(sets),
                distance=LpDistance(),
                weight=weight,
                name="joined_logits",
            ),
            *(
                FeatureMatch(
                    teacher_tap=tap,
                    student_tap=own,
                    student_transform=Regressor(),
                    weight=feature_weight,
                    name=f"component_{tap.replace('/', '_')}_{own}",
                )
                for theirs, own in layers_of_all(ensemble, student)
                for tap in theirs
            ),
        ],
        student_loss_weight=task_weight,
    )
