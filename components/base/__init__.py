"""The vocabulary of components: artifacts, specs, components, executors."""
