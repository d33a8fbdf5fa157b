"""Pipeline components: each folder declares one and does one thing."""
