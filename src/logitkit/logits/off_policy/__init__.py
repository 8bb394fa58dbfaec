"""The value of a policy from the log of another, and policies that learn from rewards."""
