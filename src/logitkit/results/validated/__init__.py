"""Results of validation with their tables, figures and shrunken models."""
