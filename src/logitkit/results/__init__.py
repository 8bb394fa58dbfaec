"""What the user holds after a fit: a record, a reference to its rows, and verbs of one line each."""
