"""Methods that distill features."""
