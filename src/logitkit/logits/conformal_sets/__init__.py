"""Sets of outcomes that hold the true one with a stated probability."""
