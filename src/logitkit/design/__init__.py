"""From formula and table to a design: matrix, response, and all that rebuilds them on new rows."""
