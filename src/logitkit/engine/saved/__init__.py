"""Records as plain versioned JSON, and back."""
