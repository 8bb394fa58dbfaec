"""What a user holds of a scorecard: binned variables and the card."""
