# Cross-validation of the lasso with folds given, by glmnet and by fits of our own, and the relaxed lasso: what is in
# penalised/cross_validation.json and penalised/relaxed.json. Needs package glmnet (Debian: r-cran-glmnet).

source("tests/references/penalised_problem.R", local = TRUE)

# ---- cross-validation with folds given -----------------------------------------------------------------------------

# The area under the curve of weighted rows: pairs of an event and another, a tie as half.
weighted_auc <- function(y, p, w) {
  above <- outer(p[y == 1], p[y == 0], function(a, b) (a > b) + (a == b) / 2)
  drop(w[y == 1] %*% above %*% w[y == 0]) / (sum(w[y == 1]) * sum(w[y == 0]))
}
measures <- list(
  deviance = function(y, p, w) {
    p <- pmin(pmax(p, 1e-5), 1 - 1e-5) # glmnet's bound
    stats::weighted.mean(-2 * (y * log(p) + (1 - y) * log(1 - p)), w)
  },
  class = function(y, p, w) stats::weighted.mean((p > 0.5) != y, w),
  mse = function(y, p, w) stats::weighted.mean(2 * (y - p)^2, w), # over both classes: twice Brier's
  auc = weighted_auc
)
fold <- 1 + floor(7 * part(seq_along(lbw$response) * sqrt(2))^1.3)
stopifnot(table(fold) >= 15, length(unique(table(fold))) > 3, tapply(lbw$response, fold, sum) >= 5)

lasso_of <- function(p, relative = 1, ...) {
  modifyList(new_case(1, ...), list(relative = rep(relative, p), lower = rep(-Inf, p), upper = rep(Inf, p)))
}
cross_validated <- function(weights_name) {
  w <- if (is.null(weights_name)) rep(1, nrow(lbw$X)) else lbw$columns[[weights_name]]
  case <- lasso_of(ncol(lbw$X))
  fit_of <- function(measure, lambda) {
    glmnet::cv.glmnet(lbw$X, lbw$response,
      family = "binomial", weights = w, foldid = fold, type.measure = measure, nlambda = 30, lambda = lambda,
      thresh = 1e-14, maxit = 1e6
    )
  }
  # Left to itself, glmnet fits each fold on a grid of the fold's own and interpolates its coefficients; with the strengths
  # given it fits each fold at these. Nor does it end the grid early then.
  automatic <- fit_of("deviance", NULL)
  strengths <- automatic$lambda
  grid <- max(strengths) * 1e-4^((seq_along(strengths) - 1) / 29)
  stopifnot(abs(strengths / grid - 1) < 1e-12, length(strengths) < 30)
  gained <- diff(automatic$glmnet.fit$dev.ratio)
  stopifnot(which(gained < 1e-5)[1] == length(gained))
  runs <- lapply(stats::setNames(nm = names(measures)), fit_of, lambda = strengths)
  # the same from fits of this file: each on the rows outside a fold, at the strengths of the whole table
  predicted <- matrix(NA, nrow(lbw$X), length(strengths))
  for (f in unique(fold)) {
    out <- fold == f
    problem <- make_problem(lbw$X[!out, ], lbw$response[!out], w[!out], rep(0, sum(!out)), case)
    beta <- rep(0, ncol(lbw$X) + 1)
    for (k in seq_along(strengths)) {
      beta <- polish(problem, beta, strengths[k])
      stopifnot(kkt_distance(problem, beta, strengths[k]) < 1e-12)
      predicted[out, k] <- plogis(cbind(1, lbw$X[out, ]) %*% (beta / problem$scale))
    }
  }
  total <- as.numeric(tapply(w, fold, sum))
  list(
    weights = weights_name, strengths = numbers(strengths), interpolated_mean = numbers(automatic$cvm),
    dof = numbers(runs$deviance$glmnet.fit$df), deviance_ratio = numbers(runs$deviance$glmnet.fit$dev.ratio),
    by_measure = lapply(stats::setNames(nm = names(measures)), function(name) {
      run <- runs[[name]]
      stopifnot(run$lambda == strengths)
      each <- sapply(seq_along(strengths), function(k) {
        sapply(sort(unique(fold)), function(f) {
          measures[[name]](lbw$response[fold == f], predicted[fold == f, k], w[fold == f])
        })
      })
      mean <- colSums(total * each) / sum(total)
      error <- sqrt(colSums(total * sweep(each, 2, mean)^2) / sum(total) / (length(total) - 1))
      stopifnot(abs(run$cvm - mean) < 1e-6, abs(run$cvsd - error) < 1e-6)
      loss <- if (name == "auc") -run$cvm else run$cvm
      best <- which.min(loss)
      stopifnot(
        run$lambda.min == strengths[best],
        run$lambda.1se == max(strengths[loss <= loss[best] + run$cvsd[best]])
      )
      list(
        glmnet = list(mean = numbers(run$cvm), std_error = numbers(run$cvsd), best = run$lambda.min, one_se = run$lambda.1se),
        polished = list(mean = numbers(mean), std_error = numbers(error), by_fold = plain_matrix(each))
      )
    })
  )
}
# the bound of the deviance: a row in a fold of its own that its model finds all but impossible
x <- cbind(c(-20:-1, 1:20, -60), cos(1:41))
alone <- glmnet::cv.glmnet(x, as.numeric(c(x[-41, 1] > 0, 1)),
  family = "binomial", foldid = c(rep(1:3, length.out = 40), 4), keep = TRUE, lambda = c(0.1, 0.01, 0.001)
)
stopifnot(min(plogis(alone$fit.preval[41, ])) < 1e-6)
p <- plogis(alone$fit.preval)
y <- as.numeric(c(x[-41, 1] > 0, 1))
stopifnot(abs(alone$cvm - apply(p, 2, function(p) measures$deviance(y, p, rep(1, 41)))) < 1e-12)
write_penalised("cross_validation", list(
  table = describe_table(lbw), folds = numbers(fold), plain = cross_validated(NULL), weighted = cross_validated("precision")
), "penalised_cv.R")

# ---- the relaxed lasso ---------------------------------------------------------------------------------------------

relaxed_case <- run_case(lbw, new_case(1))
strengths <- as.numeric(relaxed_case$strengths)
relaxed <- glmnet::glmnet(lbw$X, lbw$response,
  family = "binomial", lambda = strengths, relax = TRUE, thresh = 1e-14, maxit = 1e6
)
blend <- function(gamma) t(as.matrix(stats::predict(relaxed, type = "coefficients", s = strengths, gamma = gamma)))
refit <- function(coef) {
  active <- coef[-1] != 0
  ones <- rep(1, nrow(lbw$X))
  problem <- make_problem(lbw$X[, active, drop = FALSE], lbw$response, ones, 0, lasso_of(sum(active), 0, standardize = FALSE))
  beta <- polish(problem, coef[c(TRUE, active)], 1)
  stopifnot(kkt_distance(problem, beta, 1) < 1e-11)
  replace(coef, c(TRUE, active), beta)
}
lasso <- relaxed_case$polished$coef
polished <- list(zero = t(apply(lasso, 1, refit)))
polished$half <- (lasso + polished$zero) / 2
# predict(gamma = 0) is right to five digits only: less than the relaxed fit that it comes from
found <- list(zero = t(as.matrix(stats::coef(relaxed$relaxed))), half = blend(0.5))
stopifnot(relaxed$relaxed$lambda == strengths, max(abs(found$zero - blend(0))) < 2e-5)
for (name in names(found)) stopifnot(abs(found[[name]] - polished[[name]]) < 1e-6)
write_penalised("relaxed", list(
  table = describe_table(lbw), strengths = numbers(strengths), lasso = plain_matrix(lasso),
  glmnet = lapply(found, plain_matrix), polished = lapply(polished, plain_matrix)
), "penalised_cv.R")
