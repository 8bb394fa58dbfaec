"""Logits of models of any origin: bare arrays in, arrays or small frozen results out."""
