"""Methods that distill logits."""
