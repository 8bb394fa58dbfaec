"""New proportions of outcomes, estimated from logits without outcomes."""
