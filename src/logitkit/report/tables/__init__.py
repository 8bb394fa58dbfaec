"""Tables of papers as documents: fits side by side, and descriptions of the rows by group."""
