"""Methods that distill graphs over the examples of a batch."""
