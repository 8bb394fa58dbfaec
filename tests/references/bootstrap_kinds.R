# Percentile, basic, normal and BCa intervals of package boot, of a coefficient and of combinations of two; and the
# jackknife's interval by t, whose formulas are written out.
#
# The replicates are those of lbw_boot.R, read from its stored output, so that only the intervals are made here.

stored <- jsonlite::fromJSON(file.path(REFERENCES, "resampling", "lbw_boot.json"))
functions <- rbind(c(0, 1, 0, 0), c(0, 1, -2, 0), c(1, 23, 130, 1)) # age; age - 2 lwt; a linear predictor
drawn <- stored$replicates %*% t(functions)
estimate <- drop(functions %*% stored$coef)
without <- stored$jackknife %*% t(functions)
n <- stored$n_rows
influence <- (n - 1) * sweep(-without, 2, colMeans(without), "+")

made <- list(t0 = estimate, t = drawn, R = nrow(drawn), data = seq_len(n), sim = "ordinary", stype = "f",
  call = quote(boot(data = d, statistic = s, R = 199, stype = "f")), strata = rep(1, n), weights = rep(1 / n, n))
class(made) <- "boot"
fields <- c(perc = "percent", basic = "basic", norm = "normal", bca = "bca")
limits <- function(type, level) {
  found <- vapply(seq_along(estimate), function(j) {
    ci <- boot::boot.ci(made, conf = level, type = type, index = j, L = influence[, j])
    utils::tail(ci[[fields[[type]]]][1, ], 2)
  }, numeric(2))
  list(level = level, lower = numbers(found[1, ]), upper = numbers(found[2, ]))
}
of_kind <- function(type) list(limits(type, 0.9), limits(type, 0.95))

error <- sqrt((n - 1) / n * colSums(sweep(without, 2, colMeans(without))^2))
half <- qt(0.975, n - 1) * error
write_reference("resampling/bootstrap_kinds", "bootstrap_kinds.R",
  "boot.ci(type) of linear functions of the replicates of lbw_boot.R; estimate +- qt(0.975, n - 1) se of the jackknife",
  list(
    functions = plain_matrix(functions), estimate = numbers(estimate),
    percentile = of_kind("perc"), basic = of_kind("basic"), normal = of_kind("norm"), bca = of_kind("bca"),
    jackknife = list(std_error = numbers(error), lower = numbers(estimate - half), upper = numbers(estimate + half))
  ),
  packages = "boot"
)
