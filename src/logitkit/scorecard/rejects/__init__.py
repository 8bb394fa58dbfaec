"""Reject inference: what is assumed of applicants without an outcome, and what each assumption does to a card."""
