"""Class-incremental learning."""
