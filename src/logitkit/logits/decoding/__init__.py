"""From the logits of many outcomes to one of them."""
