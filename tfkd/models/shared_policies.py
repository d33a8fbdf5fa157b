"""Linear policies of several tasks on one basis, across kinds of systems."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown


@keras.saving.register_keras_serializable("tfkd")
class SharedPolicies(keras.layers.Layer):
    """Actions of tasks whose policies share a basis.

    Equation:  a_t = theta_t phi_g ,  vec(theta_t) = Psi_g L s_t
               penalty = m_1 mean_t |s_t|_1 + m_2 sum_g ||Psi_g||_F^2
                         + m_3 ||L||_F^2
    Symbols:   phi_g (batch, features_g) the state of a system of kind g;
               theta_t (actions, features_g) the policy of task t, of kind
               g; L (latent, basis) the basis that all share; Psi_g
               (actions features_g, latent) what makes it fit kind g; s_t
               (basis,) the task's code, sparse; m_1 = `code_penalty`, m_2 =
               `projection_penalty`, m_3 = `basis_penalty`.
    Paper:     Bou Ammar, Eaton, Luna & Ruvolo, *Autonomous Cross-Domain
               Knowledge Transfer in Lifelong Policy Gradient Reinforcement
               Learning*, IJCAI 2015.

    Args:
        kinds: Kind of each task, a number of a place in the list of inputs.
        actions: Numbers that an action has.
        basis: Columns of L, at least 1.
        latent: Rows of L, at least 1.
        code_penalty: m_1 >= 0.
        projection_penalty: m_2 >= 0.
        basis_penalty: m_3 >= 0.
        **kwargs: Of a Keras layer.

    Raises:
        InputError: If a number is out of range.
    """

    def __init__(
        self,
        kinds,
        *,
        actions=1,
        basis=2,
        latent=4,
        code_penalty=1e-3,
        projection_penalty=1e-5,
        basis_penalty=1e-5,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        sizes = {"actions": actions, "basis": basis, "latent": latent}
        penalties = (code_penalty, projection_penalty, basis_penalty)
        if any(int(n) != n or n < 1 for n in sizes.values()) or not all(
            0 <= penalty < float("inf") for penalty in penalties
        ):
            raise InputError(
                "Shared policies need sizes >= 1 and finite penalties >= 0, "
                f"received {sizes} and penalties {penalties}."
            )
        self.kinds = tuple(int(kind) for kind in kinds)
        self.actions = actions
        self.basis = basis
        self.latent = latent
        self.code_penalty = code_penalty
        self.projection_penalty = projection_penalty
        self.basis_penalty = basis_penalty

    def build(self, input_shape):
        l1, l2 = keras.regularizers.L1, keras.regularizers.L2
        self.features = [shape[-1] for shape in input_shape]
        self.shared = self.add_weight(
            (self.latent, self.basis),
            "glorot_uniform",
            regularizer=l2(self.basis_penalty),
            name="shared",
        )
        self.projections = [
            self.add_weight(
                (self.actions * width, self.latent),
                "glorot_uniform",
                regularizer=l2(self.projection_penalty),
                name=f"projection{kind}",
            )
            for kind, width in enumerate(self.features)
        ]
        self.codes = self.add_weight(
            (len(self.kinds), self.basis),
            "glorot_uniform",
            regularizer=l1(self.code_penalty / len(self.kinds)),
            name="codes",
        )

    def call(self, inputs):
        return [
            ops.matmul(inputs[kind], ops.transpose(policy))
            for kind, policy in zip(self.kinds, self.policies())
        ]

    def policies(self):
        """Returns theta of each task, `(actions, features)`."""
        return [
            ops.reshape(
                ops.matmul(
                    self.projections[kind],
                    ops.matmul(self.shared, self.codes[task][:, None]),
                ),
                (self.actions, self.features[kind]),
            )
            for task, kind in enumerate(self.kinds)
        ]

    def compute_output_shape(self, input_shape):
        return [(input_shape[0][0], self.actions) for _ in self.kinds]

    def get_config(self):
        return {
            **super().get_config(),
            "kinds": self.kinds,
            "actions": self.actions,
            "basis": self.basis,
            "latent": self.latent,
            "code_penalty": self.code_penalty,
            "projection_penalty": self.projection_penalty,
            "basis_penalty": self.basis_penalty,
        }


def shared_policies(features, tasks, *, name="policies", **arguments):
    """Builds a network of one `SharedPolicies`.

    Args:
        features: Dict of a kind of system to how many numbers its state has:
            the network's inputs.
        tasks: Dict of a task to its kind: the network's outputs, actions.
        name: Name of the model.
        **arguments: See `SharedPolicies`.

    Returns:
        A functional `keras.Model`.

    Raises:
        InputError: If a task is of no such kind, or a number is out of range.
    """
    kinds = list(features)
    for kind in tasks.values():
        if kind not in features:
            raise unknown("kind of system", kind, kinds)
    inputs = {
        kind: keras.Input((width,), name=kind)
        for kind, width in features.items()
    }
    layer = SharedPolicies(
        [kinds.index(kind) for kind in tasks.values()],
        name="shared_policies",
        **arguments,
    )
    actions = layer([inputs[kind] for kind in kinds])
    return keras.Model(inputs, dict(zip(tasks, actions)), name=name)
