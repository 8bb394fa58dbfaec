"""Formulas: read, coded as columns, and coded the same way again on new rows."""
