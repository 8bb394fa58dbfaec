"""What ``lk.logits`` returns, with tables and figures."""
