"""The same model fitted again, to other weights of its rows or other outcomes."""
