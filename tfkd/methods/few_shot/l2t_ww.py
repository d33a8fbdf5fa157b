"""Learning what and where to transfer: meta-learned weights of hints.

Equation:  L = a H(y, softmax(z_s)) + b sum_(m,n) lambda_mn
                   sum_c w_mn,c mean_p (r_mn(F_s^n)_c(p) - F_t,c^m(p))^2
           w_mn = softmax(A_mn u_m + a_mn)      what to transfer
           lambda_mn = relu6(v_mn . u_m + b_mn) where to transfer
           A, a, v, b: down the slope of H after T tried steps on the second
           term and one on H
Symbols:   F_t^m, F_s^n (batch, height, width, channels) stages m of the
           teacher, n of the student, all pairs; u_m = mean_p F_t^m(p); r a
           1x1 convolution; z_s (batch, classes) logits; y labels; a =
           `task_weight`; b = `weight`; T = `inner_steps`, of size
           `inner_learning_rate`.
Paper:     Jang, Lee, Hwang & Shin, *Learning What and Where to Transfer*,
           ICML 2019, arXiv:1905.05901.
Survey:    Sec 14.1, described there and cited as [109], which is another
           paper.
Differs:   confirmed in the authors' public code: all pairs of four stages,
           b = 0.5, T = 2, relu6 with a bias of 1, A = a = 0 at first, Adam at
           1e-4 with a decay of 1e-4 for the meta-networks, tried steps
           undone. There the tried steps have the momentum and the rate of
           the running optimizer (SGD, at first 0.1); here they are plain
           gradient steps of a fixed rate, and the decay is decoupled.
"""

import keras

from tfkd import taps
from tfkd.distillers import MetaDistiller
from tfkd.losses import WeightedChannels
from tfkd.methods.card import Card
from tfkd.methods.checks import positive

CARD = Card(key="l2t_ww")


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    weight: float = 0.5,
    inner_steps: int = 2,
    inner_learning_rate: float = 0.1,
    meta_learning_rate: float = 1e-4,
    meta_weight_decay: float = 1e-4,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages, of any task.
        student: Classifier, likewise.
        pairs: `((teacher_tap, student_tap), ...)`; every stage with every
            stage if absent.
        weight: b >= 0, a number or schedule.
        inner_steps: T >= 1.
        inner_learning_rate: Size of a tried step, > 0.
        meta_learning_rate: Of the meta-networks' Adam, > 0.
        meta_weight_decay: Of theirs, >= 0.
        task_weight: a > 0, a number or schedule.

    Returns:
        A `MetaDistiller`, not compiled. It needs the TensorFlow backend.

    Raises:
        InputError: If a tap does not exist or is no map of known size, or an
            argument is out of range.
    """
    pairs = tuple(pairs or taps.all_pairs(teacher, student))
    return MetaDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            WeightedChannels(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                weight=weight,
                name=f"pair{number}",
            )
            for number, (teacher_tap, student_tap) in enumerate(pairs)
        ],
        student_loss_weight=task_weight,
        inner_steps=inner_steps,
        inner_learning_rate=inner_learning_rate,
        meta_optimizer=keras.optimizers.Adam(
            positive("l2t_ww", "meta_learning_rate", meta_learning_rate),
            weight_decay=meta_weight_decay,
        ),
    )
