"""Where sums over row blocks are computed."""
