"""Pools: several models of the same rows as one, with weights that are learnt."""
