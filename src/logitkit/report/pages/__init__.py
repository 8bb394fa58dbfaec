"""The report of a fit: one page, a list of sections."""
