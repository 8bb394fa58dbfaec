"""Row engines: the sums of a group of rows, for one linear predictor, several, and columns in parts."""
