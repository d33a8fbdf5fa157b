"""Peers, branches and exits that teach each other."""

import numpy as np
from keras import ops

from tfkd import distances
from tfkd import losses
from tfkd import transforms

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


def dml(arrays, hyperparameters):
    temperature, count = hyperparameters["T"], hyperparameters["peers"]
    task = losses.TaskLoss(student_tap="logits")
    soft = losses.SoftTargets(temperature=temperature)
    plain = losses.SoftTargets(temperature=1.0)

    def function(a):
        z = a["logits"]
        # The reference's gradients reach the other peer too.
        pairs = [
            [evaluate(soft, z[k], z[j]) for k in range(count)]
            for j in range(count)
        ]
        ce = sum(
            evaluate(task, {}, z[j], labels=a["labels"]) for j in range(count)
        )
        return {
            "loss": ce + sum(map(sum, pairs)) / (count - 1),
            "pairwise": ops.stack([ops.stack(row) for row in pairs]),
            "kl_peer0_from_peer1_T1": evaluate(plain, z[1], z[0]),
            "kl_peer1_from_peer0_T1": evaluate(plain, z[0], z[1]),
        }

    return differentiate(function, arrays, ["logits"])


def kdcl(arrays, hyperparameters):
    temperature, alpha = hyperparameters["T"], hyperparameters["alpha"]
    task = losses.TaskLoss(student_tap="logits")
    soft = losses.SoftTargets(temperature=temperature)

    def function(a):
        mean = ops.stop_gradient(ops.mean(a["logits"], axis=0))
        parts = ops.stack(
            [
                (1 - alpha) * evaluate(task, {}, z, labels=a["labels"])
                + alpha * evaluate(soft, mean, z)
                for z in ops.unstack(a["logits"])
            ]
        )
        return {"loss": ops.sum(parts), "per_peer": parts}

    return differentiate(function, arrays, ["logits"])


def okddip(arrays, hyperparameters):
    temperature = hyperparameters["T"]
    task = losses.TaskLoss(student_tap="logits")
    pair = losses.Consistency(
        first_tap="target",
        second_tap="own",
        distance=distances.SoftmaxKL(temperature),
    )
    attention = transforms.PeerAttention(arrays["w_query"].shape[1])
    attention.build([arrays["peer_feat"][0].shape] * 6)
    attention.query.assign(arrays["w_query"])
    attention.key.assign(arrays["w_key"])

    def divergence(target, own):
        taps = {"target": target, "own": own}
        return temperature**2 * evaluate(pair, {}, taps)

    def function(a):
        peers = ops.unstack(a["peer_logits"])
        features = ops.unstack(a["peer_feat"])
        targets = attention([*features, *peers])
        ce = sum(
            evaluate(task, {}, z, labels=a["labels"])
            for z in (*peers, a["leader_logits"])
        )
        group = sum(map(divergence, targets, peers))
        mean = ops.mean(a["peer_logits"], axis=0)
        leader = divergence(mean, a["leader_logits"])
        scale = hyperparameters["alpha"] * hyperparameters["w"]
        return {
            "loss": ce + scale * (group + leader),
            "attention": attention.attention(ops.stack(features, axis=1)),
            "group": group,
            "leader_kl": leader,
        }

    return differentiate(
        function, arrays, ["peer_logits", "leader_logits", "peer_feat"]
    )


def one_gate(arrays, hyperparameters):
    task = losses.TaskLoss(student_tap="logits")
    soft = losses.SoftTargets(temperature=hyperparameters["T"])
    gate = transforms.GatedEnsemble()

    def function(a):
        branches = ops.unstack(a["branch_logits"])
        ensemble = gate.combine(a["gate_pre"], branches)
        ce = sum(
            evaluate(task, {}, z, labels=a["labels"])
            for z in (*branches, ensemble)
        )
        target = ops.stop_gradient(ensemble)
        kl = sum(evaluate(soft, target, z) for z in branches)
        loss = ce + hyperparameters["weight"] * kl
        return {"loss": loss, "ensemble": ensemble, "ce": ce, "kl": kl}

    return differentiate(function, arrays, ["branch_logits", "gate_pre"])


ADAPTERS = {
    "byot": byot,
    "dml": dml,
    "kdcl": kdcl,
    "okddip": okddip,
    "one_gate": one_gate,
}
