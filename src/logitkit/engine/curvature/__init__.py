"""Second derivatives: how they are summed over rows, factorised, and inverted into covariances."""
