"""Row engines: what a group of rows adds to the objective, for one linear predictor, several, and several parts."""
