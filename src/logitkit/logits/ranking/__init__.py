"""How well scores put the relevant rows of each query first."""
