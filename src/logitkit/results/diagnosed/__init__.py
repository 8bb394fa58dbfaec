"""The verbs and figures of diagnostics, by topic: each written once for a fit and for a fit on given rows."""
