"""From formula and table to a design: matrix, response, and the coding that rebuilds them on new rows."""
