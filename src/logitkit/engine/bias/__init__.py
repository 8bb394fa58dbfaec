"""Fits whose bias is reduced: penalised likelihoods and adjusted scores, and how they are solved."""
