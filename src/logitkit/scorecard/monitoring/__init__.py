"""Whether the applicants, and what they score, are still those that a card was made from."""
