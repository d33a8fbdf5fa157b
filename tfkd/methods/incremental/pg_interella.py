"""PG-InterELLA: policies of many tasks, and kinds of systems, share a basis.

Equation:  min over L, Psi, s of  mean_t [ ||alpha_t - theta_t||^2_(G_t)
               + m_1 |s_t|_1 ] + m_2 sum_g ||Psi_g||_F^2 + m_3 ||L||_F^2 ,
           vec(theta_t) = Psi_g L s_t ,
           ||alpha_t - theta_t||^2_(G_t) = b mean_x w(x) ||alpha_t phi(x)
                                               - theta_t phi(x)||^2 / v
Symbols:   alpha_t the policy that was learned for task t alone, the teacher;
           theta_t the student's, from a basis L, a projection Psi_g for the
           task's kind of system, and a sparse code s_t; phi(x) features of
           a state; v variance of the Gaussian policies' actions; w returns
           of trajectories: the sample weights, 1 if absent; m_1, m_2, m_3
           penalties of the student's layer `SharedPolicies`; b = `weight`.
Paper:     Bou Ammar, Eaton, Luna & Ruvolo, *Autonomous Cross-Domain
           Knowledge Transfer in Lifelong Policy Gradient Reinforcement
           Learning*, IJCAI 2015.
Survey:    Sec 14.2.2, ref [10].
Differs:   confirmed from the abstract: a shared repository of knowledge, and
           projections that specialize it to kinds of systems, learned from
           interleaved tasks. The objective is the one known of this family
           (PG-ELLA), its parts not read in the paper. For a linear Gaussian
           policy the Hessian G_t of the expected return is the states' second
           moment, weighted by returns, over v: the norm of policies is the
           distance of actions on visited states, as given here.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import positive
from tfkd.models.shared_policies import SharedPolicies
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FrozenTeacher
from tfkd.transforms import Pick

CARD = Card(
    key="pg_interella",
    teacher="many",
    status="simplified",
    simplified=(
        "policies come from the user's own reinforcement learning, and all "
        "codes are learned together, not one task after another"
    ),
    instead="imitates policies",
    example="""\
from tfkd.models.shared_policies import shared_policies


def policy(features):
    state = keras.Input((features,))
    return keras.Model(state, keras.layers.Dense(1, use_bias=False)(state))


teachers = [policy(4), policy(4), policy(2)]
kinds = {"first": "cart", "second": "cart", "third": "arm"}
student = shared_policies({"cart": 4, "arm": 2}, kinds)
x = {"cart": np.random.normal(size=(64, 4))}
x["arm"] = np.random.normal(size=(64, 2))
labels = {task: np.zeros((64, 1)) for task in kinds}  # Not used.
loss = {task: "mse" for task in kinds}
""",
)


def build(
    *,
    teacher,
    student,
    variance: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    An example of a batch is one visited state of every kind of system,
    `x = {kind: features}`.

    Args:
        teacher: The policies that were learned for each task alone, linear
            in the features of its kind of system, in the order of the
            student's tasks.
        student: `tfkd.models.shared_policies.shared_policies(...)`.
        variance: v > 0.
        weight: b >= 0, a number or schedule.
        task_weight: Factor >= 0 of the loss that is compiled, such as one of
            recorded actions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the student is no such network, policies do not fit
            its tasks, or a number is out of range.
    """
    layers = [
        layer
        for layer in getattr(student, "layers", ())
        if isinstance(layer, SharedPolicies)
    ]
    policies = list(teacher)
    if len(layers) != 1 or len(policies) != len(layers[0].kinds):
        raise InputError(
            "pg_interella needs a student of shared policies and a teacher "
            f"for each of its tasks, received {len(policies)} teachers and "
            f"{student.name!r}. Build it with "
            "tfkd.models.shared_policies.shared_policies(features, tasks)."
        )
    (layer,), names = layers, list(student.input)
    members = []
    for policy, kind in zip(policies, layer.kinds):
        if policy.input_shape[-1] != layer.features[kind]:
            raise InputError(
                f"The policy {policy.name!r} must act on states of "
                f"{layer.features[kind]} features, those of {names[kind]!r}, "
                f"received one of {policy.input_shape[-1]}. Give policies in "
                "the order of the student's tasks."
            )
        members.append(FrozenTeacher(policy, preprocessing=Pick(names[kind])))
    factor = 1.0 / (
        positive("pg_interella", "variance", variance) * len(members)
    )
    tasks = taps.output_names(student)
    return Distiller(
        student=student,
        teacher=EnsembleTeacher(members),
        distillation_losses=[
            FeatureMatch(
                teacher_tap=f"{number}/logits",
                student_tap=task,
                distance=LpDistance(p=2, reduce="sum"),
                weight=weight,
                name=f"policy_{task}",
            )
            for number, task in enumerate(tasks)
        ],
        distillation_loss_weights=[factor] * len(members),
        student_loss_weight=task_weight,
    )
