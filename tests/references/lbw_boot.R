# The bootstrap of package boot on every third birth: its draws, replicates, percentile and BCa intervals.
#
# The draws are those of a fixed seed of R's default generator; they are stored as counts, so that another program can fit
# the same resamples. The acceleration is the jackknife's: the influence values are given to boot.ci, which would otherwise
# take a regression estimate of them.

source("tests/references/lbw_data.R", local = TRUE)
births <- lbw[lbw$id %% 3L == 0L, ]
n <- nrow(births)

# a fit that stops at the precision of its numbers, whatever its weights
coefficients_of <- function(data, counts) {
  data$counts <- counts
  coef(fit_logit(low ~ age + lwt + smoke, data[counts > 0, ], weights = "counts"))
}

set.seed(20070101, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
drawn <- boot::boot(births, coefficients_of, R = 199, stype = "f")
counts <- boot::boot.array(drawn)
stopifnot(all(rowSums(counts) == n), !anyNA(drawn$t))

without <- t(vapply(seq_len(n), function(i) coefficients_of(births, replace(rep(1, n), i, 0)), drawn$t0))
influence <- (n - 1) * sweep(-without, 2, colMeans(without), "+")

levels <- c(0.9, 0.95, 0.925) # (199 + 1) times a tail is whole, whole, and a half
limits <- function(type, field) {
  lapply(levels, function(level) {
    found <- vapply(seq_along(drawn$t0), function(j) {
      ci <- boot::boot.ci(drawn, conf = level, type = type, index = j, L = influence[, j])
      ci[[field]][1, 4:5]
    }, numeric(2))
    list(level = level, lower = numbers(found[1, ]), upper = numbers(found[2, ]))
  })
}

write_reference("resampling/lbw_boot", "lbw_boot.R", "boot(stype = \"f\") of glm(low ~ age + lwt + smoke), boot.ci(type, L = jackknife)",
  list(
    formula = "low ~ age + lwt + smoke", data_file = LBW_FILE, rows = "id % 3 == 0", n_rows = n,
    names = I(c("Intercept", "age", "lwt", "smoke")), coef = numbers(drawn$t0),
    counts = plain_matrix(counts), replicates = plain_matrix(drawn$t), jackknife = plain_matrix(without),
    bias = numbers(colMeans(drawn$t) - drawn$t0), std_error = numbers(apply(drawn$t, 2, sd)),
    percentile = limits("perc", "percent"), bca = limits("bca", "bca")
  ),
  packages = "boot"
)
