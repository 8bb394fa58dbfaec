# Counts that vary more than binomially: summary() of glm(quasibinomial) with logit, probit and cloglog, and the F test of all
# terms by drop1's Wald form written out. The seeds are those of SAS's documentation of PROC LOGISTIC (see test_dispersion.py).

seeds <- data.frame(
  n = c(16, 51, 45, 39, 36, 81, 30, 39, 28, 62, 51, 72, 41, 12, 13, 79, 30, 51, 74, 56),
  r = c(8, 26, 23, 10, 9, 23, 10, 17, 8, 23, 32, 55, 22, 3, 10, 46, 15, 32, 53, 12),
  cult = rep(c(0, 1, 0, 1), each = 5), soil = rep(c(0, 1), each = 10)
)
fits <- lapply(c(logit = "logit", probit = "probit", cloglog = "cloglog"), function(link) {
  start <- NULL
  for (pass in 1:4) {
    fit <- glm(cbind(r, n - r) ~ cult * soil, family = quasibinomial(link), data = seeds, start = start,
      control = glm.control(1e-14, 100))
    start <- coef(fit)
  }
  s <- summary(fit)
  V <- vcov(fit)[-1, -1]
  b <- coef(fit)[-1]
  F <- drop(b %*% solve(V, b)) / 3
  list(coef = numbers(coef(fit)), std_error = numbers(s$coefficients[, 2]), p_value = numbers(s$coefficients[, 4]),
    dispersion = s$dispersion, F = F, p_F = pf(F, 3, fit$df.residual, lower.tail = FALSE))
})
write_reference("quasi/dispersion", "dispersion.R", "summary(glm(cbind(r, n - r) ~ cult * soil, quasibinomial(link)))",
  list(links = fits))
