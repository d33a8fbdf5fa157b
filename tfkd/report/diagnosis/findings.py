"""What each rule of a diagnosis finds, with the measured values in words.

Every function takes `Measurements` and returns `(title, text)`, or `None`
where its rule, see `rules`, does not apply.
"""

import math

CONFLICTS = 0.05
MEMORISED, OVERFITTED, UNDERFITTED = 0.05, 0.10, 0.05
FOLLOWS = 0.90
OVERCONFIDENT = 0.05
HARD, HALF, SOFT = 0.10, 0.50, 0.90
LABELS_A_CLASS = 100
FAR, NEAR = 10.0, 2.0
WITHIN = 0.01
ALIKE = 0.50
UNRELATED = 0.20


def percent(value):
    """A fraction as percent, with the sign."""
    return f"{100 * value:.1f} %"


def points(difference):
    """A signed difference of two fractions, in percentage points."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def between(difference):
    """A difference with its interval; says so where that tells nothing."""
    text = (
        f"{points(difference.mean)} points (95 % interval "
        f"{points(difference.low)} to {points(difference.high)}"
    )
    if not difference.few or difference.low <= 0 <= difference.high:
        return f"{text})"
    return (
        f"{text}, by {difference.discordant} of the examples, too few to tell "
        "from chance)"
    )


def not_finite(measured):
    """A model's answers hold NaN or infinity."""
    for role in ("teacher", "student", "control"):
        facts = measured.models.get(role)
        if facts is not None and facts.not_finite:
            return (
                f"Repair the {role} first",
                f"It gives NaN or infinity for {facts.not_finite} of "
                f"{measured.examples} examples. Look for NaN in the examples "
                "and in the weights, and check the range of the pixels that "
                "it was made for; train it again with a lower learning rate.",
            )
    return None


def teacher_at_chance(measured):
    """The teacher is no better than guessing."""
    facts = measured.models["teacher"]
    if not measured.guessing("teacher"):
        return None
    return (
        "Check the teacher: it is no better than guessing",
        f"It is right on {percent(facts.accuracy)}; always answering the most "
        f"frequent class gets up to {percent(measured.chance)}. Check that "
        "its classes are these, in this order, that its labels were not "
        "shuffled, and that the pixels have the range that it was trained on.",
    )


def teacher_no_better(measured):
    """The teacher is not better than the student alone."""
    lead = measured.lead
    if lead is None or lead.above:
        return None
    if not measured.trained(lead.over):
        return None
    if lead.low > 0:
        return (
            "Measure the teacher on more examples",
            f"Nothing tells yet that it is better than the {lead.over}: "
            f"{between(lead)}.",
        )
    return (
        "Take a better teacher",
        f"It is no better than the {lead.over}: {between(lead)}. From such a "
        "teacher a student can learn little but smoother labels. Train the "
        "teacher longer or on more labels, take an ensemble, or measure on "
        "more examples if the interval is wide.",
    )


def conflicts(measured):
    """Teacher and labels contradict each other often."""
    share = measured.conflict_share
    if share is None or share <= CONFLICTS:
        return None
    return (
        "Look at where teacher and labels disagree",
        f"On {percent(share)} of the labelled examples the teacher is at "
        "least 90 % sure of another class than the label. Where the label is "
        "wrong, correct it; where the teacher is, let it count less: the "
        "method knowledge_adjustment corrects such targets, and a larger "
        "task_weight counts labels more.",
    )


def memorised(measured):
    """The teacher knows the training examples by heart."""
    facts = measured.models["teacher"]
    if None in (facts.train_accuracy, facts.accuracy):
        return None
    gap = facts.train_accuracy - facts.accuracy
    if facts.train_accuracy < 0.99 or gap <= MEMORISED:
        return None
    return (
        "Distil on examples that the teacher has not seen",
        f"The teacher is right on {percent(facts.train_accuracy)} of the "
        f"training examples and on {percent(facts.accuracy)} of others: on "
        "what it has learnt by heart its targets are labels once more. Keep "
        "part of the data from the teacher (teacher.subset, "
        "distillation.subset), stop it earlier, or regularize it.",
    )


def hard(measured):
    """Soft targets are nearly plain labels."""
    found = measured.softening
    if found is None or found.share >= HARD:
        return None
    if found.suggested <= measured.temperature:
        return None
    return (
        f"Raise the temperature to about {found.suggested:g}",
        f"At T = {measured.temperature:g} the soft targets have "
        f"{percent(found.share)} of the entropy that they could have: they "
        "say little more than the class. "
        f"{_reach(measured)}",
    )


def _reach(measured):
    found = measured.softening
    least = found.entropies[1] / math.log(len(measured.class_names))
    if found.suggested <= 1 and least > HALF:
        return (
            f"Even at T = 1 it is {percent(least)}, above a half: the teacher "
            "itself is unsure."
        )
    if found.suggested >= 20:
        return (
            "Even at T = 20 it is below a half: the teacher's scores are very "
            "large. Train it with weight decay or for fewer epochs."
        )
    return f"Half of it is reached at T = {found.suggested:g}."


def soft(measured):
    """Soft targets are nearly the same for all classes."""
    found = measured.softening
    if found is None or found.share <= SOFT:
        return None
    if found.suggested >= measured.temperature:
        return None
    return (
        f"Lower the temperature to about {found.suggested:g}",
        f"At T = {measured.temperature:g} the soft targets have "
        f"{percent(found.share)} of the entropy that they could have: nearly "
        f"all classes look alike. {_reach(measured)}",
    )


def overconfident(measured):
    """The teacher is surer than it is right."""
    facts, found = measured.models["teacher"], measured.softening
    if facts.accuracy is None or found is None:
        return None
    excess = facts.confidence - facts.accuracy
    if excess <= OVERCONFIDENT:
        return None
    needed = max(found.calibrating, found.suggested)
    if measured.temperature >= needed:
        return None
    return (
        "Soften the teacher: it is too sure",
        f"It is {percent(facts.confidence)} sure on average and right on "
        f"{percent(facts.accuracy)}; its calibration error (ECE) is "
        f"{percent(facts.ece)}. Dividing its scores by "
        f"{found.calibrating:.2g} calibrates it; distil with T of at least "
        f"{needed:.2g}.",
    )


def harmful(measured):
    """The student is worse than without its teacher."""
    gain = measured.gain
    if gain is None or not gain.below:
        return None
    return (
        "Use the student that had no teacher",
        f"Distillation has made it worse: {between(gain)} over the control. "
        "Until the teacher, the temperature and the weight are put right the "
        "control is the better model.",
    )


def opposed(measured):
    """Task and soft targets do not pull the same way from the start."""
    found = measured.gradients
    if found is None or _mean(found.fresh) >= UNRELATED:
        return None
    cosine = _mean(found.fresh)
    how = "are opposed" if cosine < 0 else "have little in common"
    return (
        "Lower the weight of the distillation loss",
        "On new initial weights the gradients of task and soft targets "
        f"{how}: their mean cosine is {cosine:+.2f} over {len(found.fresh)} "
        "batches. The teacher does not say what the labels say; with a lower "
        "weight the labels decide, and if the teacher is wrong no weight "
        "helps.",
    )


def few_labels(measured):
    """Labels are few, and no unlabelled example is used."""
    if not measured.train_labelled or measured.train_unlabelled:
        return None
    each = measured.train_labelled / len(measured.class_names)
    if each >= LABELS_A_CLASS:
        return None
    return (
        "Add images without labels",
        f"The student sees {each:.0f} labelled examples a class and none "
        "without a label. Soft targets need no labels: let it see the "
        "teacher's answers on further images of the kind (in a pipeline, "
        "keep all images and set distillation.num_labels).",
    )


def overfitted(measured):
    """The student is far better on what it has seen."""
    facts = measured.models["student"]
    if None in (facts.train_accuracy, facts.accuracy):
        return None
    gap = facts.train_accuracy - facts.accuracy
    if gap <= OVERFITTED or not measured.trained("student"):
        return None
    return (
        "Show the student more than its training examples",
        f"It is right on {percent(facts.train_accuracy)} of them and on "
        f"{percent(facts.accuracy)} of others. Distil on more images without "
        "labels, or on augmented views that the teacher sees as well "
        "(predictions.views), and train longer on those.",
    )


def too_small(measured):
    """The student cannot follow the teacher on what it has seen."""
    teacher, student = measured.models["teacher"], measured.models["student"]
    values = (
        teacher.train_accuracy,
        student.train_accuracy,
        student.train_agreement,
    )
    if None in values or not measured.trained("student"):
        return None
    behind = teacher.train_accuracy - student.train_accuracy
    if student.train_agreement >= FOLLOWS or behind <= UNDERFITTED:
        return None
    ratio = teacher.parameters / max(student.parameters, 1)
    further = (
        f" The teacher has {ratio:.0f} times its weights: a network of a size "
        "between the two can pass the knowledge on (method takd)."
        if ratio > FAR
        else ""
    )
    return (
        "Give the student more capacity or more epochs",
        "Already on the training examples it agrees with the teacher on "
        f"{percent(student.train_agreement)} only and is "
        f"{100 * behind:.1f} points behind it: it cannot, or has not yet, "
        f"followed.{further}",
    )


def too_large(measured):
    """The student is nearly as large and as good as the teacher."""
    teacher, student = measured.models["teacher"], measured.models["student"]
    lead = measured.lead
    if lead is None or not measured.trained(lead.over):
        return None
    ratio = teacher.parameters / max(student.parameters, 1)
    if ratio >= NEAR or lead.mean >= WITHIN:
        return None
    return (
        "Take a smaller student",
        f"The student has {student.parameters:,} weights, the teacher "
        f"{teacher.parameters:,}, which leads the {lead.over} by "
        f"{points(lead.mean)} points: there is little left to gain at this "
        "size. Distillation pays where the student alone falls behind.",
    )


def cka_low(measured):
    """Teacher and student represent the examples differently."""
    found = measured.similarity
    if found is None or not found.mean_of_pairs() < ALIKE:
        return None
    return (
        f"Try a feature loss at {_pairs(found)}",
        "Even at the layers that fit best, teacher and student represent the "
        f"examples differently: the mean CKA is {found.mean_of_pairs():.2f}. "
        "A hint there (method fitnet, or tfkd.losses.FeatureMatch with a "
        "Regressor) shows the student the way; choose its weight on the eval "
        "split.",
    )


def _pairs(found):
    return ", ".join(
        teacher if teacher == student else f"{teacher} and {student}"
        for teacher, student in found.pairs
    )


def no_control(measured):
    """Nothing tells what distillation gains."""
    if measured.gain is not None or not measured.labelled:
        return None
    return (
        "Train the student without the teacher, too",
        "Without a control (the same student, the same labels, as many "
        "steps, no teacher) nobody can say what distillation gains. Pass it "
        "as control; the pipeline trains it by itself.",
    )


def keep_temperature(measured):
    """The temperature is one of those that can work."""
    found = measured.softening
    if found is None:
        return None
    used, suggested = measured.temperature, found.suggested
    title = (
        f"Keep the temperature of {used:g}"
        if suggested / 2 <= used <= 2 * suggested
        else f"Try a temperature of {suggested:g} beside {used:g}"
    )
    return (
        title,
        f"At T = {used:g} the soft targets have {percent(found.share)} of the "
        f"entropy that they could have. {_reach(measured)}",
    )


def keep_weight(measured):
    """Task and soft targets pull the same way."""
    found = measured.gradients
    if found is None:
        return None
    ratio = found.ratio
    longer = f"{ratio:.1f}" if ratio >= 0.1 else f"{ratio:.2g}"
    return (
        "Tune the weight last",
        "The gradients of task and soft targets do not oppose each other on "
        f"new initial weights (mean cosine {_mean(found.fresh):+.2f}), and "
        f"that of the soft targets is {longer} times as long: the two pull "
        f"equally hard at weight / task_weight = {1 / ratio:.2g}. Start "
        "there or above, and let the eval split choose.",
    )


def logits_first(measured):
    """Teacher and student represent the examples alike."""
    found = measured.similarity
    if found is None or math.isnan(found.mean_of_pairs()):
        return None
    return (
        "Stay with the class scores; features agree already",
        f"At the layers that fit best ({_pairs(found)}) the mean CKA is "
        f"{found.mean_of_pairs():.2f}. A feature loss can be tried there, "
        "and has less to add.",
    )


def _mean(values):
    return sum(values) / len(values)
