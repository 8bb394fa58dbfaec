"""Whether a maximum likelihood estimate exists, with a proof either way."""
