"""``fit.update``: a fit brought up to date by the outcomes of new rows."""
