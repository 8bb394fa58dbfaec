"""The response: the data per row besides the columns of X."""
