"""Losses of logits with their derivatives: of events, of several outcomes, of an order."""
