# Tests of fit of lbw (rows of one trial each), esoph (counts) and a table of repeated patterns: rms residuals(type =
# "gof"); Rao's score tests of added columns by anova.glm (Stukel; x log x); Stata's linktest by glm on the linear
# predictor and its square; Osius and Rojek by the formula of Hosmer, Lemeshow and Sturdivant (2013), section 5.2.2, with
# the residual sum of squares of lm; Spiegelhalter's z by its formula.

control <- glm.control(epsilon = 1e-12, maxit = 100)
# restarted at its own optimum, as Fisher scoring of a probit converges linearly
binary <- function(formula, link, data) {
  fit <- glm(formula, binomial(link), data, control = control)
  for (again in 1:5) fit <- glm(formula, binomial(link), data, control = control, start = coef(fit))
  fit
}
score <- function(fit, added, data) {
  larger <- glm(update(formula(fit), paste(". ~ . +", added)), family(fit), data, control = control)
  found <- anova(fit, larger, test = "Rao")
  list(statistic = numbers(found$Rao[2]), dof = found$Df[2])
}
stukel <- function(fit, data) {
  eta <- predict(fit)
  data$za <- ifelse(eta >= 0, eta^2 / 2, 0)
  data$zb <- ifelse(eta < 0, -eta^2 / 2, 0)
  score(fit, "za + zb", data)
}
link_test <- function(fit, y, link) {
  hat <- predict(fit)
  hatsq <- hat^2
  m <- weights(fit)
  rows <- data.frame(hat, hatsq, yes = m * y, no = m * (1 - y))
  found <- summary(binary(cbind(yes, no) ~ hat + hatsq, link, rows))$coefficients
  list(estimate = numbers(found[c(2, 3, 1), 1]), std_error = numbers(found[c(2, 3, 1), 2]))
}
# of covariate patterns: m trials, y events, p predicted, X columns of one row per pattern
of_patterns <- function(m, y, p, X, k) {
  v <- m * p * (1 - p)
  pearson <- sum((y - m * p)^2 / v)
  c <- (1 - 2 * p) / v
  rss <- deviance(lm(c ~ X - 1, weights = v))
  z <- (pearson - (length(m) - k)) / sqrt(2 * (length(m) - sum(1 / m)) + rss)
  ratio <- function(a, b) ifelse(a > 0, a * log(a / b), 0)
  list(count = length(m), pearson = numbers(pearson),
    deviance = numbers(2 * sum(ratio(y, m * p) + ratio(m - y, m * (1 - p)))), osius_rojek = numbers(z))
}
spiegelhalter <- function(y, p, m = 1) sum(m * (y - p) * (1 - 2 * p)) / sqrt(sum(m * (1 - 2 * p)^2 * p * (1 - p)))

lbw <- read.csv("datasets/lbw.csv")
lbw$race <- relevel(factor(lbw$race), ref = "white")
model <- low ~ age + lwt + race + smoke + ptl + ht + ui
fit <- glm(model, binomial, lbw, control = control)
X <- model.matrix(fit)
key <- apply(X, 1, paste, collapse = " ")
first <- !duplicated(key)
sums <- function(v) as.vector(rowsum(v, key, reorder = FALSE))
gof <- residuals(rms::lrm(model, lbw, x = TRUE, y = TRUE, eps = 1e-14, tol = 1e-14), "gof")
probit <- binary(model, "probit", lbw)

beetles <- data.frame(dose = c(1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.861, 1.8839),
  n = c(59, 60, 62, 56, 63, 59, 62, 60), y = c(6, 13, 18, 28, 52, 53, 61, 60))
counts <- glm(cbind(y, n - y) ~ dose, binomial, beetles, control = control)

write_reference("diagnostics/goodness_of_fit", "goodness_of_fit.R", "rms, glm and the formulas of Hosmer, Lemeshow and Sturdivant",
  list(
    lbw = list(
      sum_of_squares = numbers(unname(gof["Sum of squared errors"])), z = numbers(unname(gof["Z"])),
      stukel = stukel(fit, lbw), link_test = link_test(fit, lbw$low, "logit"),
      spiegelhalter = numbers(spiegelhalter(lbw$low, fitted(fit))),
      box_tidwell = list(age = score(fit, "I(age * log(age))", lbw), lwt = score(fit, "I(lwt * log(lwt))", lbw)),
      patterns = of_patterns(sums(rep(1, nrow(lbw))), sums(lbw$low), fitted(fit)[first], X[first, ], ncol(X))
    ),
    probit = list(
      link_test = link_test(probit, lbw$low, "probit"), box_tidwell = list(lwt = score(probit, "I(lwt * log(lwt))", lbw))
    ),
    beetles = list(
      patterns = of_patterns(beetles$n, beetles$y, fitted(counts), model.matrix(counts), 2),
      stukel = stukel(counts, beetles), link_test = link_test(counts, beetles$y / beetles$n, "logit"),
      spiegelhalter = numbers(spiegelhalter(beetles$y / beetles$n, fitted(counts), beetles$n)),
      box_tidwell = list(dose = score(counts, "I(dose * log(dose))", beetles))
    )
  ),
  packages = "rms"
)
