"""Penalised fits: the problem, its solvers, and what a penalty leaves of inference."""
