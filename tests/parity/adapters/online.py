"""Peers, branches and exits that teach each other."""

import numpy as np
from keras import ops

from tfkd import distances
from tfkd import losses

from .helpers import differentiate
from .helpers import evaluate


def byot(arrays, hyperparameters):
    temperature = hyperparameters["T"]
    task = losses.TaskLoss(student_tap="exit")
    soft = losses.SoftTargets(temperature=temperature)
    hint = losses.FeatureMatch(
        teacher_tap="features",
        student_tap="features",
        distance=distances.LpDistance(p=2, reduce="sum"),
    )
    count, batch = arrays["middle_logits"].shape[:2]
    # The reference has the cross-entropy, which is KL and the entropy.
    scaled = arrays["final_logits"].astype("float64") / temperature
    p = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
    entropy = temperature**2 * np.mean(-np.sum(p * np.log(p), axis=1))

    def function(a):
        final = ops.stop_gradient(a["final_logits"])
        target = ops.stop_gradient(a["final_feat"])
        ce = evaluate(task, {}, a["final_logits"], labels=a["labels"])
        kd, feature = 0.0, 0.0
        for i in range(count):
            logits, found = a["middle_logits"][i], a["middle_feat"][i]
            ce += evaluate(task, {}, logits, labels=a["labels"])
            kd += evaluate(soft, final, logits) + entropy
            # Features behind a ReLU, as ours, are nowhere masked.
            kept = ops.cast((found > 0) | (target > 0), "float32")
            feature += batch * evaluate(hint, target * kept, found * kept)
        alpha, beta = hyperparameters["alpha"], hyperparameters["beta"]
        loss = (1 - alpha) * ce + alpha * kd + beta * feature
        return {"loss": loss, "kd": kd, "feature": feature, "ce": ce}

    return differentiate(
        function, arrays, ["middle_logits", "middle_feat", "final_logits"]
    )


ADAPTERS = {"byot": byot}
