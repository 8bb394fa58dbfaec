"""Learning from rows in mini-batches, and how far it is from the optimum of all rows."""
