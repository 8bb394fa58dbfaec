# Calibration of predictions on other rows: rms::val.prob, lowess, loess, isoreg, and the recalibrations of glm. Needs rms.
suppressMessages(library(rms))

part <- function(x) x - floor(x)
n <- 240
x <- 2 * qnorm(part(seq_len(n) * sqrt(2)) * 0.998 + 0.001)
p <- round(plogis(0.3 + 0.9 * x), 4)
y <- as.numeric(part(seq_len(n) * sqrt(3) + 0.2 * sin(seq_len(n))) < plogis(-0.2 + 0.55 * x + 0.1 * x^2 / (1 + abs(x))))
l <- qlogis(p)
at <- order(p)
v <- val.prob(p, y, pl = FALSE)
low <- lowess(p, y, iter = 0, delta = 0)
lo <- loess(y ~ p, surface = "direct", statistics = "exact")
default <- loess(y ~ p)
k <- quantile(l, c(0.05, 0.275, 0.5, 0.725, 0.95))
spline <- glm(y ~ rcs(l, k), family = binomial, epsilon = 1e-14)
shown <- predict(spline, se.fit = TRUE)
level <- glm(y ~ offset(l), family = binomial, epsilon = 1e-14)
slope <- glm(y ~ l, family = binomial, epsilon = 1e-14)
beta <- glm(y ~ I(log(p)) + I(-log1p(-p)), family = binomial, epsilon = 1e-14)
iso <- isoreg(p, y)
far <- function(g) {
  d <- abs(g - p)
  c(mean(d), quantile(d, c(0.5, 0.9), names = FALSE), max(d))
}
lowess_at <- approx(low$x, low$y, p, ties = mean)$y
write_reference("diagnostics/calibration", "calibration.R", "rms::val.prob, lowess, loess, glm, isoreg", list(
  p = numbers(p), y = numbers(y),
  val_prob = as.list(v[c("C (ROC)", "R2", "D", "U", "U:Chi-sq", "U:p", "Q", "Brier", "Intercept", "Slope", "Emax", "E90", "Eavg")]),
  lowess = numbers(lowess_at), lowess_far = numbers(far(lowess_at)),
  loess = numbers(unname(fitted(lo))), loess_far = numbers(far(fitted(lo))), loess_default_far = numbers(far(fitted(default))),
  spline = numbers(unname(shown$fit)), spline_error = numbers(unname(shown$se.fit)),
  spline_far = numbers(far(plogis(shown$fit))), knots = numbers(unname(k)),
  level = numbers(c(coef(level), sqrt(vcov(level)))), slope = numbers(c(coef(slope), sqrt(diag(vcov(slope))))),
  loglik = numbers(c(sum(dbinom(y, 1, p, log = TRUE)), logLik(level), logLik(slope))),
  beta = numbers(c(coef(beta), sqrt(diag(vcov(beta))))),
  isotonic = numbers(iso$yf[order(at)])
), c("rms"))
