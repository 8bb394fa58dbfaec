# Penalised models of several outcomes: glmnet(family = "multinomial") at thresh 1e-14, ungrouped and grouped.
#
# One JSON, multinomial/penalised.json. `columns` are those of the table `made` of multinomial/multinomial.json, in which a row
# is a row of `X`; each case says which response, weights and offsets of that table it has, and glmnet's own words; `relative` are
# the penalty factors scaled to sum to the number of columns, as glmnet scales them. `coef` holds for each strength a row an
# outcome, the intercept first. `kkt` is the largest step of the proximal gradient, in standard deviations, of each solution: what
# glmnet's stop has left.

made <- jsonlite::fromJSON(file.path(REFERENCES, "multinomial", "multinomial.json"))$made
X <- cbind(
  x = made$x, z = made$z, blue = made$kind == "blue", clear = made$kind == "clear", xz = made$x * (made$z - 55) / 10,
  xx = made$x^2, xblue = made$x * (made$kind == "blue")
)
responses <- list(
  three = ifelse(made$four == "train", "car", made$four), four = made$four, five = ifelse(made$six == "s6", "s5", made$six)
)
offsets <- cbind(made$o_air, made$o_bus, made$o_car, made$o_train)

softmax <- function(eta) {
  top <- exp(eta - apply(eta, 1, max))
  top / rowSums(top)
}
weighted_deviation <- function(x, share) sqrt(colSums(share * sweep(x, 2, colSums(share * x))^2))

# How far a proximal step of length one of the mean objective goes, coefficients of columns over their deviation.
kkt_of <- function(coef, strength, case, y, weights, offset) {
  share <- weights / sum(weights)
  scale <- if (case$standardize) weighted_deviation(X, share) else rep(1, ncol(X))
  Z <- cbind(1, sweep(X, 2, scale, "/"))
  beta <- sweep(coef, 2, c(1, scale), "*")
  mean <- softmax(Z %*% t(beta) + offset)
  gradient <- t(share * (mean - y)) %*% Z
  factor <- strength * c(0, case$relative)
  here <- beta - gradient - sweep(beta, 2, (1 - case$l1_ratio) * factor, "*")
  l1 <- case$l1_ratio * factor
  target <- here
  for (j in seq_len(ncol(here))) {
    target[, j] <- if (case$grouped) {
      here[, j] * max(0, 1 - l1[j] / max(sqrt(sum(here[, j]^2)), 1e-300))
    } else {
      sign(here[, j]) * pmax(abs(here[, j]) - l1[j], 0)
    }
  }
  max(abs(target - beta)[, -1], abs(gradient[, 1]))
}

run <- function(response, l1_ratio, grouped = FALSE, standardize = TRUE, weights = NULL, offset = FALSE, relative = NULL,
                sparse = FALSE) {
  y <- factor(responses[[response]])
  relative <- if (is.null(relative)) rep(1, ncol(X)) else relative * ncol(X) / sum(relative)
  case <- list(
    response = response, l1_ratio = l1_ratio, grouped = grouped, standardize = standardize, weights = weights, offset = offset,
    relative = numbers(relative), sparse = sparse
  )
  w <- if (is.null(weights)) rep(1, nrow(X)) else made[[weights]]
  share <- w / sum(w)
  indicators <- outer(as.character(y), levels(y), "==") * 1
  added <- if (offset) offsets[, seq_len(nlevels(y))] else matrix(0, nrow(X), nlevels(y))
  scale <- if (standardize) weighted_deviation(X, share) else rep(1, ncol(X))
  slope <- t(share * sweep(-indicators, 2, -colSums(share * indicators))) %*% sweep(X, 2, scale, "/")
  top <- max(abs(slope)) / max(l1_ratio, 0.02)
  strengths <- signif(top * c(0.5, 0.1, 0.02), 3)
  fit <- glmnet::glmnet(
    if (sparse) Matrix::Matrix(X, sparse = TRUE) else X, y,
    family = "multinomial", alpha = l1_ratio, lambda = strengths, standardize = standardize, weights = w,
    offset = if (offset) added, penalty.factor = relative, type.multinomial = if (grouped) "grouped" else "ungrouped",
    thresh = 1e-14, maxit = 1e6
  )
  stopifnot(fit$jerr == 0, fit$lambda == strengths)
  coef <- lapply(seq_along(strengths), function(k) {
    rbind(t(vapply(levels(y), function(level) c(fit$a0[level, k], fit$beta[[level]][, k]), numeric(ncol(X) + 1))))
  })
  kkt <- vapply(seq_along(strengths), function(k) kkt_of(coef[[k]], strengths[k], case, indicators, w, added), 0)
  c(case, list(outcomes = I(levels(y)), strengths = numbers(strengths), kkt = numbers(kkt), coef = lapply(coef, plain_matrix)))
}

cases <- list(
  lasso_three = run("three", 1), lasso_four = run("four", 1), lasso_five = run("five", 1), half_three = run("three", 0.5),
  half_five = run("five", 0.5), ridge_three = run("three", 0), ridge_four = run("four", 0), grouped_three = run("three", 1, grouped = TRUE),
  grouped_four = run("four", 1, grouped = TRUE), grouped_half_five = run("five", 0.5, grouped = TRUE),
  as_given = run("three", 0.7, standardize = FALSE), grouped_as_given = run("four", 0.9, grouped = TRUE, standardize = FALSE),
  weights = run("four", 0.8, weights = "w"), grouped_weights = run("five", 1, grouped = TRUE, weights = "times"),
  offset = run("four", 0.6, offset = TRUE), offset_three = run("three", 1, offset = TRUE, weights = "w"),
  factors = run("three", 0.9, relative = c(0, 1, 2, 2, 0.5, 1, 1)), sparse = run("five", 0.9, sparse = TRUE),
  sparse_ridge = run("three", 0.05, sparse = TRUE, weights = "times")
)
for (name in names(cases)) cat(sprintf("%-20s kkt %s\n", name, paste(signif(cases[[name]]$kkt, 2), collapse = " ")))

write_reference("multinomial/penalised", "penalised_multinomial.R",
  "glmnet(X, y, family = \"multinomial\", thresh = 1e-14)",
  list(columns = I(colnames(X)), X = plain_matrix(signif(X, 17)), cases = cases), packages = c("glmnet", "Matrix"),
  passes = "glmnet() at thresh 1e-14; what its stop has left of the conditions of optimality is stored as kkt"
)
