"""Penalties: what is added to the objective besides the likelihood."""
