# Held-out logits of glmnet's fits, and what cv.glmnet makes of them: what is in penalised/held_out.json. The logits are
# stored, so that measures and rules can be compared without a solver. Needs package glmnet (Debian: r-cran-glmnet).

source("tests/references/penalised_problem.R", local = TRUE)

fold <- 1 + floor(5 * part(seq_along(lbw$response) * sqrt(2))^1.3)
strengths <- c(0.08, 0.04, 0.02, 0.01)
weights <- lbw$columns$precision
runs <- lapply(c(deviance = "deviance", auc = "auc", brier = "mse", misclassification = "class"), function(measure) {
  glmnet::cv.glmnet(lbw$X, lbw$response,
    family = "binomial", weights = weights, foldid = fold, type.measure = measure, lambda = strengths, keep = TRUE,
    thresh = 1e-14, maxit = 1e6
  )
})
logits <- runs$deviance$fit.preval
# cv.glmnet bounds probabilities for its deviance; here none is near the bound.
stopifnot(abs(logits) < 10, all(sapply(runs, function(run) identical(run$fit.preval, logits))))
write_penalised("held_out", list(
  response = numbers(lbw$response), weights = numbers(weights), folds = numbers(fold), strengths = numbers(strengths),
  logits = plain_matrix(logits), by_measure = lapply(runs, function(run) {
    list(mean = numbers(run$cvm), std_error = numbers(run$cvsd), best = run$lambda.min, one_se = run$lambda.1se)
  })
), "held_out.R")
