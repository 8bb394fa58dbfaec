"""Compiled loops: arrays and scalars in and out, and nothing else.

The only package that imports numba. No module here imports another, because numba's cache does not see an
edit in a second file.
"""
