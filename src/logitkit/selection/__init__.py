"""Choosing among models: folds, scores of held-out predictions, and the rules that read them."""
