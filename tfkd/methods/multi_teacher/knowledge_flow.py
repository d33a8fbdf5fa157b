"""Knowledge flow: teachers inside the student, until it stands alone.

Equation:  h_l = p_l0 h_l + sum_i p_li Q_li(h_i),  p_l = softmax(w_l)
           L = a H(y, softmax(z)) - d(n) sum_l ln p_l0
               + k(n) T^2 KL(1/m sum_i softmax(z_i / T) || softmax(z / T)),
           d(n) = d min(1, n / N),  k(n) = k max(0, 1 - n / N);
           after N steps h_l is the student's own
Symbols:   h_l tensor of the student's layer l, which its later layers receive
           from the mixture; h_i that of teacher i paired with it; Q 1x1
           convolutions; w_l numbers; both trained; z_i (batch, classes)
           logits of teacher i, z those of the student with its teachers; n
           step; N = `flow_steps`; d = `dependence_weight`; k = `weight`;
           T = `temperature`; a = `task_weight`.
Paper:     Liu, Peng & Schwing, *Knowledge Flow: Improve upon Your Teachers*,
           ICLR 2019, arXiv:1904.05878.
Survey:    Sec 4.2, 7.2, 7.5, 7.6 and 14.3, Tables 2 and 6, ref [142].
Differs:   confirmed from the paper's abstract and figure: transformed
           intermediate representations of several teachers of any structure,
           normalized trained weights, a dependency loss and a KL regularizer,
           and a student that is independent after training. Inferred from
           the survey: the forms of both, and their schedules. Teachers of
           other classes flow too, with `weight=0`. A last cut makes the
           student exactly independent; the paper waits for p_l0 to come near
           1.
"""

import keras

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Dependence
from tfkd.losses import EnsembleSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.label_sets import layers_of_all
from tfkd.teachers import FrozenLayer
from tfkd.teachers import SelfTeacher
from tfkd.teachers import as_ensemble
from tfkd.transforms import FlowMix

CARD = Card(
    key="knowledge_flow",
    teacher="many",
    status="simplified",
    simplified=(
        "reinforcement learning, and the paper's choice of the teachers' "
        "layers for each of the student's: here stages are paired from the "
        "last on"
    ),
    columns={
        "TF_t": "Transform matrix",
        "TF_s": "Transform matrix",
        "Position": "Middle layers",
        "Distance": "KL",
        "Lost knowledge": "Spatial dimensions",
        "Ensemble logits": "N",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
    options={"flow_steps": 20},
)


def build(
    *,
    teacher,
    student,
    flow_steps: int = 1000,
    dependence_weight: float = 0.1,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of networks with stages.
        student: Classifier with stages and a known graph.
        flow_steps: N >= 1; training should be longer.
        dependence_weight: d >= 0.
        temperature: T > 0, a number or schedule.
        weight: k >= 0; 0 where a teacher knows other classes.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. In training its `network` holds the
        teachers; predictions are those of the student alone.

    Raises:
        InputError: If a teacher's and the student's stages differ in rank,
            or classes in number, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    models = [member.model for member in ensemble.members]
    network = _network(models, student, layers_of_all(ensemble, student))
    losses = [
        Dependence(
            cut_steps=flow_steps,
            weight=schedules.Linear(
                0.0, _positive(dependence_weight), flow_steps
            ),
        )
    ]
    if _positive(weight) > 0:
        losses.append(
            EnsembleSoftTargets(
                teacher_taps=[f"teacher{i}" for i in range(len(models))],
                temperature=temperature,
                weight=schedules.Linear(weight, 0.0, flow_steps),
            )
        )
    return Distiller(
        student=student,
        network=network,
        teacher=SelfTeacher(),
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )


def _positive(value):
    return schedules.get(float(value), "weight", minimum=0.0).value


def _network(models, student, layers):
    """The student with mixtures behind its stages."""
    source = student.inputs[0]
    inputs = keras.Input(batch_shape=source.shape, dtype=source.dtype)
    found = {}
    for index, model in enumerate(models):
        names = [theirs[index].partition("/")[2] for theirs, _ in layers]
        *features, logits = FrozenLayer(
            model, [*names, "logits"], name=f"teacher{index}"
        )(inputs)
        found[index] = features, logits
    places = {own: place for place, (_, own) in enumerate(layers)}

    def rewrite(name, layer, args, outputs):
        if name not in places:
            return outputs
        theirs = [found[i][0][places[name]] for i in range(len(models))]
        mixture = FlowMix(name=f"flow_{name.replace('/', '_')}")
        return mixture([outputs, *theirs])

    graph = taps.TapGraph(student, inputs=inputs, rewrite=rewrite)
    outputs = {
        "outputs": graph.outputs,
        "logits": graph.tensor("logits"),
        **{f"teacher{i}": found[i][1] for i in range(len(models))},
    }
    return keras.Model(inputs, outputs, name=f"{student.name}_network")
