# Binary models with other links: glm(), driven to the last digit, with expected and observed information.
#
# One JSON, links/glm.json: `tables` holds the columns that are not in a file, and `fits` one entry a fit. glm() has no
# log-log link: those fits are of the other event with cloglog, all signs turned. vcov is that of glm(), by the expected
# information; vcov_observed the inverse of the second derivatives of the likelihood, whose formula is compared with
# numDeriv::jacobian() of the slopes.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
source(file.path("tests", "references", "link_parts.R"), local = TRUE)

beetles <- data.frame(
  dose = c(1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839),
  killed = c(6, 13, 18, 28, 52, 53, 61, 60), beetles = c(59, 60, 62, 56, 63, 59, 62, 60)
)
beetles$survived <- beetles$beetles - beetles$killed
spector <- read_data(file.path(REFERENCES, "data", "spector.csv"))

# glm(), Newton steps with the observed information from where it stops (its own scoring converges linearly), and glm() again
# from there, so that its working weights are those of the optimum.
fit_link <- function(formula, data, link, start = NULL) {
  tight <- glm.control(epsilon = 1e-14, maxit = 500)
  fit <- glm(formula, family = binomial(link = link), data = data, start = start, control = tight)
  X <- model.matrix(fit)
  coef <- coef(fit)
  for (pass in 1:6) {
    p <- parts(link, drop(X %*% coef))
    slope <- p$d * ((1 - fit$y) / p$s - fit$y / p$f)
    bent <- fit$y * ((p$d / p$f)^2 - p$b / p$f) + (1 - fit$y) * ((p$d / p$s)^2 + p$b / p$s)
    coef <- coef - solve(crossprod(X, fit$prior.weights * bent * X), crossprod(X, fit$prior.weights * slope))[, 1]
  }
  stopifnot(max(abs(coef - coef(fit)) / sqrt(diag(vcov(fit)))) < 1e-4)
  fit <- glm(formula, family = binomial(link = link), data = data, start = coef, control = tight)
  stopifnot(fit$converged, !fit$boundary)
  fit
}

describe <- function(formula, formula_r, data_name, data, link, new, swapped = NULL, start = NULL) {
  fit <- fit_link(if (link == "loglog") swapped else formula_r, data, if (link == "loglog") "cloglog" else link, start)
  sign <- if (link == "loglog") -1 else 1
  coef <- sign * coef(fit)
  y <- if (link == "loglog") 1 - fit$y else fit$y
  weights <- fit$prior.weights
  X <- model.matrix(fit)
  eta <- drop(X %*% coef)
  p <- parts(link, eta)
  gradient <- crossprod(X, weights * p$d * ((1 - y) / p$s - y / p$f))
  expected <- crossprod(X, weights * p$d^2 / (p$f * p$s) * X)
  bent <- y * ((p$d / p$f)^2 - p$b / p$f) + (1 - y) * ((p$d / p$s)^2 + p$b / p$s)
  observed <- crossprod(X, weights * bent * X)
  V <- solve(expected)
  stopifnot(drop(crossprod(gradient, V %*% gradient)) < 1e-20, max(abs(V / vcov(fit) - 1)) < 1e-9)
  slope <- function(b) {
    p <- parts(link, drop(X %*% b))
    drop(crossprod(X, weights * p$d * ((1 - y) / p$s - y / p$f)))
  }
  # Columns are scaled, because numDeriv's steps are relative to the coefficients.
  scale <- sqrt(diag(V))
  numeric <- numDeriv::jacobian(function(z) scale * slope(coef + z * scale), rep(0, length(coef)))
  scaled <- observed * outer(scale, scale)
  stopifnot(max(abs(numeric - scaled)) < 1e-7 * max(abs(scaled)))
  terms <- model.frame(delete.response(terms(fit)), new, xlev = fit$xlevels)
  N <- model.matrix(delete.response(terms(fit)), terms)
  new_eta <- drop(N %*% coef)
  error <- sqrt(rowSums((N %*% V) * N))
  n <- parts(link, new_eta)
  list(
    link = link, formula = formula, data = data_name, names_r = I(names(coef)), coef = numbers(coef),
    std_error = numbers(sqrt(diag(V))), vcov = plain_matrix(V), vcov_observed = plain_matrix(solve(observed)),
    loglik = as.numeric(logLik(fit)), deviance = deviance(fit), null_deviance = fit$null.deviance, aic = AIC(fit),
    dof_residual = df.residual(fit), pearson_chi2 = sum(residuals(fit, "pearson")^2),
    linear_predictor = numbers(eta), fitted = numbers(p$f), leverage = numbers(hatvalues(fit)),
    residuals = list(
      response = numbers(sign * residuals(fit, "response")), pearson = numbers(sign * residuals(fit, "pearson")),
      deviance = numbers(sign * residuals(fit, "deviance"))
    ),
    new = list(
      data = lapply(new, function(x) if (is.factor(x)) I(as.character(x)) else numbers(x)),
      link = numbers(new_eta), link_se = numbers(error), response = numbers(n$f), response_se = numbers(n$d * error)
    )
  )
}

all <- c("logit", "probit", "cloglog", "loglog", "cauchit")
births <- lapply(setNames(nm = all), function(link) describe(
  "low ~ age + lwt + C(race, contr.treatment('white')) + smoke", low ~ age + lwt + race + smoke, "datasets/lbw.csv", lbw, link,
  lbw_new[1:5, c("age", "lwt", "race", "smoke")], 1 - low ~ age + lwt + race + smoke
))
insects <- lapply(setNames(nm = all), function(link) describe(
  "cbind(killed, survived) ~ dose", cbind(killed, survived) ~ dose, "beetles", beetles, link,
  data.frame(dose = c(1.7, 1.8, 1.9)), cbind(survived, killed) ~ dose
))
pupils <- lapply(setNames(nm = all), function(link) describe(
  "GRADE ~ GPA + TUCE + PSI", GRADE ~ GPA + TUCE + PSI, "tests/references/data/spector.csv", spector, link,
  data.frame(GPA = c(2.5, 3.6), TUCE = c(20, 25), PSI = c(0, 1)), 1 - GRADE ~ GPA + TUCE + PSI
))

# Risk ratios, with every fitted mean well below 1.
risk <- describe("low ~ lwt + C(race, contr.treatment('white')) + smoke", low ~ lwt + race + smoke, "datasets/lbw.csv", lbw, "log",
  lbw_new[1:5, c("lwt", "race", "smoke")], start = c(-1, rep(0, 4)))
stopifnot(max(risk$fitted) < 0.9)
deaths <- describe("cbind(killed, survived) ~ dose", cbind(killed, survived) ~ dose, "beetles", beetles[1:4, ], "log",
  data.frame(dose = c(1.70, 1.75)), start = c(-20, 10.5))
stopifnot(max(deaths$fitted) < 0.99)

# All eight doses: the maximum has mean 1 at the highest, where all 60 were killed, so that one slope is left.
boundary <- local({
  top <- max(beetles$dose)
  below <- beetles[-8, ]
  loglik <- function(b) {
    mu <- exp(b * (below$dose - top))
    sum(below$killed * log(mu) + below$survived * log1p(-mu)) + sum(lchoose(beetles$beetles, beetles$killed))
  }
  score <- function(b) {
    mu <- exp(b * (below$dose - top))
    sum((below$killed - below$survived * mu / (1 - mu)) * (below$dose - top))
  }
  b <- uniroot(score, c(1, 50), tol = 1e-15)$root
  mu <- exp(b * (beetles$dose - top))
  # The multiplier: what is left of the score of the intercept is positive, so that the maximum lies beyond means below 1.
  left <- sum(below$killed - below$survived * mu[-8] / (1 - mu[-8])) + 60
  stopifnot(left > 1)
  list(
    link = "log", formula = "cbind(killed, survived) ~ dose", data = "beetles", names_r = I(c("(Intercept)", "dose")),
    coef = numbers(c(-b * top, b)), loglik = loglik(b), fitted = numbers(mu), rows = I(7L), multiplier = left
  )
})

fits <- c(
  setNames(births, paste0("births_", all)), setNames(insects, paste0("beetles_", all)), setNames(pupils, paste0("spector_", all)),
  list(births_log = risk, beetles_log = deaths)
)
write_reference("links/glm", "links.R", "glm(family = binomial(link)), one for each link and table; log-log as cloglog of the other event",
  list(tables = list(beetles = lapply(beetles, numbers)), fits = fits, boundary = boundary), packages = "numDeriv",
  passes = "glm() at epsilon 1e-14, six Newton steps, glm() from there"
)
