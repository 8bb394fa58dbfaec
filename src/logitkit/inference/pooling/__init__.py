"""Fits to multiply imputed tables, as one: Rubin's rules, and tests of several coefficients."""
