"""Results that hold several fits: paths, cross-validated paths, fits of groups, refits of resamples."""
