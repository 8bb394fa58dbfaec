"""Penalties added to the negative log-likelihood."""
