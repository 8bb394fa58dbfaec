"""The results of ``lk.logits``, with tables and figures."""
