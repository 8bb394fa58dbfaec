"""Tables that do not fit in memory: rows in chunks, which are read again in every pass over them."""
