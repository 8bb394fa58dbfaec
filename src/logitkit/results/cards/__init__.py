"""The results of a scorecard: binned variables, and the card with its validation and monitoring."""
