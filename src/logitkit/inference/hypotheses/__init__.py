"""Tests of hypotheses about coefficients, terms and models."""
