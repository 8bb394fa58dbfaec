"""Model selection: folds, scores of held-out predictions, and the rules applied to them."""
