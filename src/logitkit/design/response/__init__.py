"""The response: what is given per row besides the columns of X."""
