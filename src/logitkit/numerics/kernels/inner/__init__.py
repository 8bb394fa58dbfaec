"""Functions that are compiled into kernels, and are called by nothing else.

Kernels share them by ``from ... import NAME``: the cache of a kernel knows the files that its functions come from, but
not a constant that is imported.
"""
