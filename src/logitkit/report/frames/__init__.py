"""Results as data frames."""
