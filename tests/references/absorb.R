# A factor of 40 levels of unequal size as columns of a glm: what a fit that absorbs it must give for the other columns.
# Four levels have one outcome only: glm runs on the others, as their rows say nothing of the coefficients.
#
# One JSON, absorb/absorb.json: `data` (columns), `dropped` (levels left out) and `fits`: `plain`, `frequency` (weights) and
# `counts` (cbind), each with the coefficients of the columns that are not levels, `std_error`, intercepts of the levels,
# sizes, likelihoods, predictions of `new`; `plain` also with sandwiches: by firm, by year, for weights of one. The sandwiches
# are written out: bread, and the squares of the scores of all columns summed within clusters, times G / (G - 1); package
# sandwich's vcovCL(type = "HC0", cadjust = TRUE) is the same, and is compared where it is installed.

n <- 900
i <- seq_len(n)
part <- function(x) x - floor(x)
rows <- data.frame(
  firm = sprintf("f%02d", floor(40 * part(i * sqrt(2))^1.3)),
  year = 2000 + floor(12 * part(i * sqrt(19))),
  kind = c("amber", "blue", "clear")[1 + floor(3 * part(i * sqrt(3)))],
  x = round(4 * part(i * sqrt(7)) - 2, 4),
  z = round(50 + 10 * part(i * sqrt(13)), 4),
  count = 1 + floor(3 * part(i * sqrt(23)))
)
number <- as.integer(substr(rows$firm, 2, 3))
eta <- 0.7 * rows$x - 0.4 * (rows$kind == "blue") + 0.05 * (rows$z - 55) + 1.1 * sin(number)
rows$y <- as.integer(part(i * sqrt(17)) < plogis(eta))
rows$y[number %in% c(7, 21)] <- 0L
rows$y[number %in% c(12, 33)] <- 1L
rows$events <- rows$y + floor(2 * part(i * sqrt(29)))
rows$others <- 1 - rows$y + floor(2 * part(i * sqrt(31)))
variation <- tapply(rows$y, rows$firm, function(y) min(y) < max(y))
dropped <- names(variation)[!variation]
stopifnot(length(dropped) == 4)
kept <- rows[!rows$firm %in% dropped, ]
kept$firm <- factor(kept$firm)
kept$kind <- factor(kept$kind)
new <- kept[c(3, 50, 400, 700), ]
new$x <- c(-1.5, 0, 1.25, 2)

fit_glm <- function(formula, weights = NULL) {
  start <- NULL
  for (pass in 1:4) {
    fit <- eval(bquote(glm(.(formula), family = binomial, data = kept, weights = .(weights), start = start)))
    start <- coef(fit)
  }
  stopifnot(fit$converged, newton_decrement(fit) < 1e-20, !anyNA(coef(fit)))
  fit
}
sandwich_of <- function(fit, cluster) {
  scores <- model.matrix(fit) * (fit$prior.weights * (fit$y - fitted(fit)))
  G <- length(unique(cluster))
  found <- G / (G - 1) * vcov(fit) %*% crossprod(rowsum(scores, cluster)) %*% vcov(fit)
  if (requireNamespace("sandwich", quietly = TRUE)) {
    other <- sandwich::vcovCL(fit, cluster = cluster, type = "HC0", cadjust = TRUE)
    stopifnot(max(abs(found - other)) < 1e-10 * max(abs(other)))
  }
  found
}
columns_of <- function(fit) which(!startsWith(names(coef(fit)), "firm"))
describe <- function(formula, fit) {
  own <- columns_of(fit)
  levels <- coef(fit)[-own]
  link <- predict(fit, newdata = new, type = "link", se.fit = TRUE)
  null <- update(fit, . ~ 0 + firm, start = NULL) # the levels alone
  list(
    formula = formula, names_r = I(names(coef(fit))[own]), coef = numbers(coef(fit)[own]),
    std_error = numbers(sqrt(diag(vcov(fit)))[own]), vcov = plain_matrix(vcov(fit)[own, own]),
    levels = I(levels(kept$firm)), intercepts = numbers(levels), rank = fit$rank,
    loglik = as.numeric(logLik(fit)), null_loglik = as.numeric(logLik(null)), aic = AIC(fit), deviance = deviance(fit),
    leverage = numbers(hatvalues(fit)[1:50]), link = numbers(link$fit), link_se = numbers(link$se.fit)
  )
}
plain <- fit_glm(y ~ 0 + firm + x + z + kind)
own <- columns_of(plain)
block <- function(vcov) plain_matrix(vcov[own, own])
fits <- list(
  plain = c(describe("y ~ x + z + C(kind)", plain), list(
    by_firm = block(sandwich_of(plain, kept$firm)), by_year = block(sandwich_of(plain, kept$year)),
    by_row = block(sandwich_of(plain, seq_len(nrow(kept))))
  )),
  frequency = describe("y ~ x + z + C(kind)", fit_glm(y ~ 0 + firm + x + z + kind, quote(count))),
  counts = describe("cbind(events, others) ~ x + z + C(kind)", fit_glm(cbind(events, others) ~ 0 + firm + x + z + kind))
)

columns <- function(frame) lapply(frame, function(x) if (is.numeric(x)) numbers(x) else I(as.character(x)))
write_reference("absorb/absorb", "absorb.R", "glm(y ~ 0 + firm + x + z + kind, family = binomial), on levels with both outcomes",
  list(data = columns(rows), kept = columns(kept), new = columns(new), dropped = I(dropped), fits = fits)
)
