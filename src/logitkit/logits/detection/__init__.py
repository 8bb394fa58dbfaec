"""From the logits of a detector to boxes."""
