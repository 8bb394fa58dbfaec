# Profile-likelihood and score intervals by brute force: each end is the root, by uniroot(), of the statistic of a refit
# in which one coefficient is held at a value by an offset. confint() of R interpolates a spline, to four digits or so.
#
# One JSON, intervals/profile.json: `fits` holds one entry a fit, with the ends of each coefficient.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
source(file.path("tests", "references", "link_parts.R"), local = TRUE)
suppressMessages({
  library(ordinal)
  library(VGAM)
})
beetles <- data.frame(
  dose = c(1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839) - 1.8,
  killed = c(6, 13, 18, 28, 52, 53, 61, 60), beetles = c(59, 60, 62, 56, 63, 59, 62, 60)
)
beetles$survived <- beetles$beetles - beetles$killed
lbw$counts <- lbw_counts
LEVEL <- 0.95
Z <- qnorm((1 + LEVEL) / 2)


root <- function(f, from, step) {
  to <- from + step / 4
  while (f(to) < 0) {
    from <- to
    to <- to + step / 4
  }
  uniroot(f, sort(c(from, to)), tol = 1e-13)$root
}

# Ends of a function `loss` of a value, twice the loss above the minimum less the squared quantile.
ends <- function(estimate, se, statistic) {
  above <- function(v) statistic(v) - Z^2
  c(root(above, estimate, -se), root(above, estimate, se))
}

of_glm <- function(formula, data, link, weights = rep(1, nrow(data))) {
  family <- binomial(link)
  data$.w <- weights
  fit <- suppressWarnings(glm(formula, family, data, weights = .w, control = glm.control(1e-15, 200)))
  X <- model.matrix(fit)
  y <- fit$y
  w <- fit$prior.weights
  loss <- function(eta) {
    p <- parts(link, eta)
    -sum(w * (ifelse(y > 0, y * log(p$f), 0) + ifelse(y < 1, (1 - y) * log(p$s), 0)))
  }
  held <- function(j, v) {
    rest <- suppressWarnings(glm.fit(X[, -j, drop = FALSE], y, w,
      offset = X[, j] * v, family = family, control = glm.control(1e-15, 500)
    ))
    drop(X[, -j, drop = FALSE] %*% rest$coefficients) + X[, j] * v
  }
  least <- loss(drop(X %*% coef(fit)))
  se <- sqrt(diag(vcov(fit)))
  score <- function(eta) {
    p <- parts(link, eta)
    g <- crossprod(X, w * p$d * (y / p$f - (1 - y) / p$s))
    drop(crossprod(g, solve(crossprod(X, w * p$d^2 / (p$f * p$s) * X), g)))
  }
  each <- seq_along(coef(fit))
  profile <- sapply(each, function(j) ends(coef(fit)[j], se[j], function(v) 2 * (loss(held(j, v)) - least)))
  rao <- sapply(each, function(j) ends(coef(fit)[j], se[j], function(v) score(held(j, v))))
  list(
    link = link, names_r = I(colnames(X)), coef = numbers(coef(fit)),
    profile = plain_matrix(t(profile)), score = plain_matrix(t(rao))
  )
}

of_clm <- function(data, slopes, link) {
  right <- paste(slopes, collapse = " + ")
  control <- clm.control(gradTol = 1e-10, maxIter = 200)
  fit <- clm(as.formula(paste("grade ~", right)), data = data, link = link, control = control)
  profile <- sapply(slopes, function(one) {
    others <- paste(setdiff(slopes, one), collapse = " + ")
    statistic <- function(v) {
      data$held <- v * data[[one]]
      rest <- clm(as.formula(paste("grade ~", others, "+ offset(held)")), data = data, link = link, control = control)
      2 * as.numeric(logLik(fit) - logLik(rest))
    }
    ends(coef(fit)[[one]], sqrt(vcov(fit)[one, one]), statistic)
  })
  list(link = link, names_r = I(slopes), coef = numbers(coef(fit)[slopes]), profile = plain_matrix(t(profile)))
}

# Held: a slope of one outcome, by an offset of one linear predictor.
of_vglm <- function(data, slopes, predictor) {
  right <- paste(slopes, collapse = " + ")
  control <- vglm.control(epsilon = 1e-11, maxit = 100)
  family <- multinomial(refLevel = 1)
  fit <- suppressWarnings(vglm(as.formula(paste("grade ~", right)), family, data, control = control))
  n <- nlevels(data$grade) - 1
  one <- slopes[1]
  blocked <- diag(n)[, -predictor, drop = FALSE]
  kept <- list("(Intercept)" = diag(n))
  for (name in slopes) kept[[name]] <- if (name == one) blocked else diag(n)
  statistic <- function(v) {
    shift <- matrix(0, nrow(data), n)
    shift[, predictor] <- v * data[[one]]
    data$shift <- shift
    rest <- suppressWarnings(vglm(as.formula(paste("grade ~", right, "+ offset(shift)")), family, data, constraints = kept, control = control))
    2 * (logLik(fit) - logLik(rest))
  }
  name <- paste0(one, ":", predictor)
  found <- ends(coef(fit)[[name]], sqrt(vcov(fit)[name, name]), statistic)
  list(names_r = I(name), coef = numbers(coef(fit)[name]), profile = plain_matrix(t(found)))
}

graded <- transform(lbw, grade = cut(bwt, c(0, 2500, 3000, 3500, 6000), ordered_result = TRUE))
graded$age <- graded$age / 10
graded$lwt <- graded$lwt / 100
lbw$lwt <- lbw$lwt / 100
lbw$age <- lbw$age / 10
births <- list()
for (link in c("logit", "probit", "cloglog", "cauchit")) {
  births[[paste0("births_", link)]] <- of_glm(low ~ age + lwt + smoke, lbw, link)
}
fits <- c(births, list(
  births_counts = of_glm(low ~ age + lwt + smoke, lbw, "logit", lbw$counts),
  beetles_cloglog = of_glm(cbind(killed, survived) ~ dose, beetles, "cloglog"),
  births_clm_logit = of_clm(graded, c("age", "lwt", "smoke"), "logit"),
  births_clm_probit = of_clm(graded, c("age", "lwt", "smoke"), "probit"),
  births_multinomial = of_vglm(transform(graded, grade = factor(grade, ordered = FALSE)), c("lwt", "smoke"), 3)
))
write_reference("intervals/profile", "intervals.R", "glm, clm and vglm with one coefficient held by an offset, and uniroot()",
  list(level = LEVEL, fits = fits), packages = c("ordinal", "VGAM"), passes = "every fit at 1e-13 or less, roots at 1e-13"
)
