"""How many observations a model or a test needs, before any are collected."""
