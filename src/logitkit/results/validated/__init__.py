"""Results of validation with their tables, figures and shrunk models."""
