# Finney's vasoconstriction data (Pregibon 1981; SAS's PROC LOGISTIC, example of regression diagnostics): what changes
# without a row, by one step. R's dfbeta has deviance residuals where Pregibon has Pearson residuals: their ratio mends it.
library(jsonlite)
volume <- c(3.70,3.50,1.25,0.75,0.80,0.70,0.60,1.10,0.90,0.90,0.80,0.55,0.60,1.40,0.75,2.30,3.20,0.85,1.70,1.80,0.40,0.95,1.35,1.50,1.60,0.60,1.80,0.95,1.90,1.60,2.70,2.35,1.10,1.10,1.20,0.80,0.95,0.75,1.30)
rate <- c(0.825,1.09,2.50,1.50,3.20,3.50,0.75,1.70,0.75,0.45,0.57,2.75,3.00,2.33,3.75,1.64,1.60,1.415,1.06,1.80,2.00,1.36,1.35,1.36,1.78,1.50,1.50,1.90,0.95,0.40,0.75,0.03,1.83,2.20,2.00,3.33,1.90,1.90,1.625)
y <- c(1,1,1,1,1,1,0,0,0,0,0,0,0,1,1,1,1,1,0,1,0,0,0,0,1,0,1,0,1,0,1,0,0,1,1,1,0,0,1)
control <- glm.control(epsilon = 1e-15, maxit = 60)
f <- glm(y ~ log(rate) + log(volume), family = binomial, control = control)
p <- residuals(f, "pearson"); d <- residuals(f, "deviance"); h <- hatvalues(f)
change <- dfbeta(f) * (p / d)
without <- t(sapply(seq_along(y), function(i) coef(update(f, subset = -i))))
# residuals of regressions, as in car's avPlots
w <- f$weights; z <- p / sqrt(w)
added <- function(name, others) {
  x <- model.matrix(f)
  own <- residuals(lm(x[, name] ~ 0 + x[, others], weights = w))
  rest <- residuals(lm(I(residuals(f, "working") + predict(f)) ~ 0 + x[, others], weights = w))
  list(x = unname(own), y = unname(rest))
}
out <- list(
  made_by = R.version.string, volume = volume, rate = rate, y = y, coef = unname(coef(f)), pearson = unname(p),
  deviance = unname(d), leverage = unname(h), standardized_pearson = unname(rstandard(f, type = "pearson")),
  standardized_deviance = unname(rstandard(f)), dfbeta = unname(change),
  dfbetas = unname(t(t(change) / sqrt(diag(vcov(f))))), without = unname(without),
  partial = unname(residuals(f, "partial")),
  added = added("log(rate)", c("(Intercept)", "log(volume)"))
)
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = FALSE), "tests/references/diagnostics/vaso.json")
