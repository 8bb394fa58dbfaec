"""Recalibration of logits: objects that learn from outcomes how to transform them."""
