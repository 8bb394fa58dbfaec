"""Tables of any kind: columns read from frames and files, checked, and counted for room."""
