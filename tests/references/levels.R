# A factor of 61 levels, coded in every way, beside a spline, factors with other contrasts, and interactions. The table is made
# by a rule (fractional parts of multiples of roots), so that it needs no random numbers; it is stored in the JSON.
#
# One JSON, levels/levels.json: `data` (columns), `new` (rows to predict) and `fits`, each with `formula` (for logitkit),
# `formula_r`, `coef` and `std_error` in the order of R's columns, which is that of the formula's, sizes and likelihoods,
# `fitted` and `leverage` of the first fifty rows, and the predictions of `new`.

bs <- splines::bs
n <- 1400
i <- seq_len(n)
part <- function(x) x - floor(x)
label <- function(prefix, k, width) factor(sprintf(paste0("%s%0", width, "d"), prefix, k))

rows <- data.frame(
  place = label("p", floor(61 * part(i * sqrt(2))^1.2), 2),
  kind = factor(c("amber", "blue", "clear")[1 + floor(3 * part(i * sqrt(3)))]),
  shift = factor(c("day", "evening", "night", "weekend")[1 + floor(4 * part(i * sqrt(5)))]),
  grade = label("g", 1 + floor(5 * part(i * sqrt(6))), 1),
  x = round(4 * part(i * sqrt(7)) - 2 + part(i * sqrt(11)), 4),
  z = round(50 + 10 * part(i * sqrt(13)), 4)
)
eta <- -0.3 + 0.6 * rows$x - 0.2 * (rows$kind == "blue") + 0.04 * (rows$z - 55) + 1.2 * sin(as.integer(rows$place))
rows$y <- as.integer(part(i * sqrt(17)) < plogis(eta))
stopifnot(nlevels(rows$place) == 61, all(tapply(rows$y, rows$place, var) > 0))
new <- rows[c(3, 50, 700, 1399), ]
new$x <- c(-1.5, 0, 1.25, 2)
new$z <- c(51, 54, 57, 59.5)

# `formula` as logitkit reads it; `contrasts` as glm takes them.
describe <- function(formula, formula_r, contrasts = NULL) {
  start <- NULL
  for (pass in 1:4) {
    fit <- glm(formula_r, family = binomial, data = rows, contrasts = contrasts, start = start)
    start <- ifelse(is.na(coef(fit)), 0, coef(fit))
  }
  stopifnot(fit$converged, newton_decrement(fit) < 1e-20, !anyNA(coef(fit)))
  link <- predict(fit, newdata = new, type = "link", se.fit = TRUE)
  response <- predict(fit, newdata = new, type = "response", se.fit = TRUE)
  list(
    formula = formula, formula_r = paste(deparse(formula_r, width.cutoff = 500), collapse = " "),
    contrasts = contrasts, names_r = I(names(coef(fit))),
    coef = numbers(coef(fit)), std_error = numbers(sqrt(diag(vcov(fit)))), rank = fit$rank,
    loglik = as.numeric(logLik(fit)), deviance = deviance(fit), null_deviance = fit$null.deviance, aic = AIC(fit),
    fitted = numbers(fitted(fit)[1:50]), leverage = numbers(hatvalues(fit)[1:50]),
    new = list(
      link = numbers(link$fit), link_se = numbers(link$se.fit),
      response = numbers(response$fit), response_se = numbers(response$se.fit)
    )
  )
}

fits <- list(
  treatment = describe("y ~ place + x + z", y ~ place + x + z),
  no_intercept = describe("y ~ 0 + place + x + kind", y ~ 0 + place + x + kind),
  contrasts = describe(
    "y ~ place + C(kind, contr.sum) + C(shift, contr.helmert) + C(grade, contr.poly)", y ~ place + kind + shift + grade,
    list(kind = "contr.sum", shift = "contr.helmert", grade = "contr.poly")
  ),
  spline = describe("y ~ bs(x, df=5) + place + kind * z", y ~ bs(x, df = 5) + place + kind * z),
  interaction = describe(
    "y ~ x + place + C(kind, contr.sum) * C(shift, contr.sum)", y ~ x + place + kind * shift,
    list(kind = "contr.sum", shift = "contr.sum")
  ),
  slopes = describe("y ~ place + place:x", y ~ place + place:x),
  place_sum = describe("y ~ C(place, contr.sum) + x", y ~ place + x, list(place = "contr.sum")),
  place_helmert = describe("y ~ C(place, contr.helmert) + x", y ~ place + x, list(place = "contr.helmert")),
  place_poly = describe("y ~ C(place, contr.poly) + x", y ~ place + x, list(place = "contr.poly"))
)

columns <- function(frame) lapply(frame, function(x) if (is.numeric(x)) numbers(x) else I(as.character(x)))
write_reference("levels/levels", "levels.R", "glm(<formula_r>, family = binomial, contrasts = <contrasts>)",
  list(data = columns(rows), new = columns(new), fits = fits),
  packages = "splines"
)
