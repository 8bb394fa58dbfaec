"""Whether predicted probabilities agree with observed rates, and how to mend them."""
