"""Cards in other languages: the same bins, the same numbers in the same order, and the same values refused."""
