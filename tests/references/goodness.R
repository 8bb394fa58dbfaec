# Hosmer-Lemeshow written out. What differs between systems is only the grouping.

# R: bins between the sample quantiles of type 7, closed on the right, the lowest value in the first bin.
group_by_quantile_cut <- function(p, groups) {
  as.integer(cut(p, breaks = quantile(p, probs = seq(0, 1, length.out = groups + 1)), include.lowest = TRUE))
}

# Stata: the cut point c_k is the k n / G-th ordered value, or the mean of it and its neighbour where k n / G is whole; a row
# belongs to the first group whose cut point it does not exceed ([D] pctile, xtile).
group_by_xtile <- function(p, groups) {
  n <- length(p)
  ordered <- sort(unname(p))
  cut_point <- function(k) {
    whole <- (k * n) %% groups == 0
    at <- if (whole) (k * n) %/% groups else (k * n) %/% groups + 1
    if (whole) mean(ordered[c(at, at + 1)]) else ordered[at]
  }
  cuts <- vapply(seq_len(groups - 1), cut_point, 0)
  1L + rowSums(outer(unname(p), cuts, ">"))
}

# Sum over groups of (O - E)^2 / (n pbar (1 - pbar)), on G - 2 degrees of freedom.
hosmer_lemeshow <- function(y, p, group) {
  size <- tapply(y, group, length)
  observed <- tapply(y, group, sum)
  expected <- tapply(p, group, sum)
  statistic <- sum((observed - expected)^2 / (expected * (1 - expected / size)))
  dof <- length(size) - 2
  list(
    statistic = statistic, dof = dof, p_value = pchisq(statistic, dof, lower.tail = FALSE),
    group = I(as.integer(group)), size = numbers(size), observed = numbers(observed), expected = numbers(expected)
  )
}
