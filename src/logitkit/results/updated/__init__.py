"""``fit.update``: a fit updated with the outcomes of new rows."""
