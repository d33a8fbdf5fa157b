"""The component `InfraValidator`: what a file needs of a device."""
