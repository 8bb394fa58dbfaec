"""Whether the model fits the rows."""
