"""DAGs, runners, metadata and the command line."""
