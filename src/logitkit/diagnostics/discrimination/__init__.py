"""How well predictions tell outcomes apart."""
