"""Distillation in which critics, peers and student move in turns."""

import threading

import keras
from keras import ops

from tfkd import checks
from tfkd.distillers import replicas
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.second_optimizer import SecondOptimizer
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow


class _Turn(threading.local):
    """What holds for the turn at hand: replicas are traced in threads."""

    step = None
    # Of the teacher, to the student's pass.
    answers = None
    # Whether the losses are reported.
    reports = True


@keras.saving.register_keras_serializable("tfkd")
class TurnsDistiller(SecondOptimizer, Distiller):
    """A `Distiller` in which no player of a game moves with another.

    On each batch the critics of the losses move first, then each player that
    is named, then the rest, which is the student. Who moves later meets the
    others as they have become.

    Equation:  d <- d - step of dL(d, p, s) / dd
               p <- p - step of dL(d, p, s) / dp, for one player after another
               s <- s - step of dL(d, p, s) / ds
    Symbols:   L the sum of all losses; d weights of the critics, which are
               the attribute `critic` of a loss; p those of a player; s all
               others. Where n = `critic_steps` is above 1, p and s move at
               each n-th batch alone: critics see n batches for one that the
               student learns of.
    Paper:     Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014,
               arXiv:1406.2661, Algorithm 1.

    Critics together, and each player, have an optimizer of their own: a copy
    of the one that is compiled, as it is then. Schedules count batches. The
    student's one pass serves the critics, too; each player costs one more.
    What is reported is what the student met. TensorFlow only.

    Args:
        critic_steps: n >= 1.
        players: Names of layers of the network, each of which moves in a
            turn of its own, such as a `tfkd.taps.Peer`.
        name: Name of the model.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If no loss has a critic, a player is no layer of the
            network, critic_steps is out of range, or Keras runs on another
            backend.
    """

    players = ()

    def __init__(
        self, *, critic_steps=1, players=(), name="turns_distiller", **kwargs
    ):
        require_tensorflow("TurnsDistiller")
        super().__init__(name=name, **kwargs)
        checks.whole(1, critic_steps=critic_steps)
        self.critic_steps = int(critic_steps)
        known = [layer.name for layer in self.network.layers]
        if not set(players) <= set(known):
            raise InputError(
                "players must be names of layers of the network, received "
                f"{tuple(players)!r}. Its layers are {known}."
            )
        self.players = tuple(players)
        if not self._games():
            raise InputError(
                "A TurnsDistiller needs a loss with a critic, received "
                f"{[loss.name for loss in self.distillation_losses]}. Add one "
                "such as tfkd.losses.Adversarial, or use Distiller."
            )
        self._turn = _Turn()

    def moved_apart(self):
        """Returns the weights of critics and players."""
        return [variable for group in self._groups() for variable in group]

    def _games(self):
        losses = getattr(self, "distillation_losses", ())
        return [loss for loss in losses if hasattr(loss, "critic")]

    def _groups(self):
        """The weights of the critics, and those of each player."""
        critics = {
            id(variable): variable
            for loss in self._games()
            for variable in loss.critic.trainable_variables
        }
        layers = (self.network.get_layer(name) for name in self.players)
        players = [layer.trainable_variables for layer in layers]
        return [list(critics.values()), *players]

    def compile(self, optimizer="rmsprop", *args, **kwargs):
        """Compiles as `keras.Model.compile`, and copies the optimizer."""
        super().compile(optimizer, *args, **kwargs)
        self.turn_optimizers = []
        for variables in self._groups():
            config = keras.optimizers.serialize(self.optimizer)
            copy = keras.optimizers.deserialize(config)
            copy.build(variables)
            self.turn_optimizers.append(copy)

    def train_step(self, data):
        import tensorflow as tf  # Lazily: tfkd.distillers runs without it.

        step = ops.cast(self.turn_optimizers[0].iterations, "int32")
        self._turn.step = step
        try:
            return self._take_turns(tf, data, step)
        finally:
            self._turn.step = self._turn.answers = None
            self._turn.reports = True

    def _step(self):
        found = self._turn.step
        return super()._step() if found is None else found

    def _take_turns(self, tf, data, step):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        movers = [
            *zip(self._groups()[1:], self.turn_optimizers[1:]),
            (self.trainable_variables, self.optimizer),
        ]
        due = ops.equal((step + 1) % self.critic_steps, 0)
        for number, (variables, optimizer) in enumerate(movers, start=1):
            self._turn.answers = None
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                if number == 1:
                    with tape.stop_recording():
                        self._move_critics(tf, x, y, y_pred, weight)
                self._turn.reports = number == len(movers)
                loss = self.compute_loss(x, y, y_pred, weight, training=True)
                if number < len(movers):
                    loss = loss + self._penalties(variables)
                scaled = optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled, variables)
            if self.critic_steps == 1:
                optimizer.apply(gradients, variables)
                continue

            def move(moved=(optimizer, gradients, variables)):
                moved[0].apply(*moved[1:])
                return True

            replicas.move_at_times(due, move, lambda: False, "critic_steps")
        return self._end_step(x, y, y_pred, weight, loss)

    def _move_critics(self, tf, x, y, y_pred, weight):
        """Moves the critics, for which all else is held."""
        variables, optimizer = self._groups()[0], self.turn_optimizers[0]
        held = keras.tree.map_structure(ops.stop_gradient, y_pred)
        self._turn.reports = False
        with tf.GradientTape() as tape:
            loss = self._knowledge_loss(
                x, y, held, weight, self._step(), self._games()
            )
            scaled = optimizer.scale_loss(loss + self._penalties(variables))
        optimizer.apply(tape.gradient(scaled, variables), variables)

    def _teacher_taps(self, views, student, step):
        if self._turn.answers is None:
            self._turn.answers = super()._teacher_taps(views, student, step)
        return self._turn.answers

    def _track(self, part, value, batch):
        if self._turn.reports:
            super()._track(part, value, batch)

    def parts(self):
        return {
            **super().parts(),
            "critic_steps": self.critic_steps,
            "players": self.players,
        }
