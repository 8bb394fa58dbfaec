# Shared by penalised.R and penalised_cv.R: the penalised problem, how far coefficients are from its solution, Newton's method
# for it, one case fitted by glmnet and polished, and the writing of penalised/*.json.
#
# glmnet stops by a rule of its own. So the optimality of each of its solutions is measured here, and each is polished by
# Newton's method on the columns that are free to move (`polish`), which does not know glmnet. Both are stored.

soft <- function(x, by) sign(x) * pmax(abs(x) - by, 0)

# ---- the problem: (1/W) sum w_i loss_i + strength * sum v_j [l1_ratio |s_j b_j| + (1 - l1_ratio)/2 (s_j b_j)^2] -------------

# `target`: the proportion of events of a row. Everything from here on is in the coefficients s_j b_j, the intercept first.
make_problem <- function(X, target, weights, offset, case) {
  share <- weights / sum(weights)
  centre <- colSums(share * X)
  # glmnet divides by the deviation about the mean even without an intercept
  scale <- if (case$standardize) sqrt(colSums(share * sweep(X, 2, centre)^2)) else rep(1, ncol(X))
  stopifnot(scale > 0)
  Z <- sweep(X, 2, scale, "/")
  list(
    Z = if (case$intercept) cbind(1, Z) else Z, scale = c(if (case$intercept) 1, scale), target = target, share = share,
    total = sum(weights),
    offset = offset, l1_ratio = case$l1_ratio, factor = c(if (case$intercept) 0, case$relative),
    lower = c(if (case$intercept) -Inf, case$lower * scale), upper = c(if (case$intercept) Inf, case$upper * scale)
  )
}
means <- function(problem, beta) plogis(problem$offset + drop(problem$Z %*% beta))
gradient <- function(problem, beta) drop(crossprod(problem$Z, problem$share * (means(problem, beta) - problem$target)))
# The mean loss of one trial, and what a saturated model leaves of it: nothing of 0/1, something of counts.
loss_of <- function(problem, mu) {
  part <- function(y, m) ifelse(y > 0, -y * log(m), 0)
  sum(problem$share * (part(problem$target, mu) + part(1 - problem$target, 1 - mu)))
}
deviance_of <- function(problem, beta) 2 * (loss_of(problem, means(problem, beta)) - loss_of(problem, problem$target))
# Where a step of length one of the proximal gradient would go: the solution stays where it is.
prox_target <- function(problem, beta, strength) {
  l1 <- strength * problem$l1_ratio * problem$factor
  l2 <- strength * (1 - problem$l1_ratio) * problem$factor
  pmin(pmax(soft(beta - gradient(problem, beta) - l2 * beta, l1), problem$lower), problem$upper)
}
kkt_distance <- function(problem, beta, strength) max(abs(beta - prox_target(problem, beta, strength)))

# Newton's method on the free columns; those that reach zero or a limit are fixed there, those that want to leave are freed.
polish <- function(problem, beta, strength) {
  l1 <- strength * problem$l1_ratio * problem$factor
  l2 <- strength * (1 - problem$l1_ratio) * problem$factor
  fixed <- (beta == 0 & l1 > 0) | beta <= problem$lower | beta >= problem$upper
  best <- beta
  for (round in 1:200) {
    free <- which(!fixed)
    signs <- sign(beta)
    if (length(free) > 0) {
      mu <- means(problem, beta)
      hessian <- crossprod(problem$Z[, free, drop = FALSE] * sqrt(problem$share * mu * (1 - mu)))
      slope <- gradient(problem, beta) + l2 * beta + l1 * signs
      moved <- beta
      moved[free] <- beta[free] - solve(hessian + diag(l2[free], length(free)), slope[free])
      crossed <- !fixed & l1 > 0 & signs != 0 & sign(moved) != signs
      moved[crossed] <- 0
      beta <- pmin(pmax(moved, problem$lower), problem$upper)
      fixed <- fixed | crossed | (!fixed & (beta <= problem$lower | beta >= problem$upper))
    }
    if (kkt_distance(problem, beta, strength) < kkt_distance(problem, best, strength)) best <- beta
    if (round > 3 && kkt_distance(problem, best, strength) < 1e-13) break
    target <- prox_target(problem, beta, strength)
    leaving <- fixed & abs(target - beta) > 1e-13
    if (round > 3) {
      beta[leaving] <- target[leaving]
      fixed[leaving] <- FALSE
    }
  }
  best
}

# ---- one case ------------------------------------------------------------------------------------------------------

# A case as the JSON has it. `relative`: penalty factors, 0 for terms kept, which are scaled here to sum to the number of
# columns, because glmnet would do so; weights and offset name entries of the table's `columns`.
new_case <- function(l1_ratio, standardize = TRUE, intercept = TRUE, weights = NULL, weight_kind = NULL, offset = NULL,
                     relative = NULL, lower = -Inf, upper = Inf) {
  as.list(environment())
}

glmnet_fit <- function(X, response, weights, offset, case, ...) {
  glmnet::glmnet(
    X, response,
    family = "binomial", alpha = case$l1_ratio, standardize = case$standardize, intercept = case$intercept,
    weights = weights, offset = offset, penalty.factor = case$relative, lower.limits = case$lower, upper.limits = case$upper,
    thresh = 1e-14, maxit = 1e6, ...
  )
}

run_case <- function(table, case) {
  p <- ncol(table$X)
  case$relative <- if (is.null(case$relative)) rep(1, p) else case$relative * p / sum(case$relative)
  case$lower <- rep_len(case$lower, p)
  case$upper <- rep_len(case$upper, p)
  counts <- is.matrix(table$response) # the first column the others, the second the events
  totals <- if (counts) rowSums(table$response) else rep(1, nrow(table$X))
  target <- if (counts) table$response[, 2] / totals else table$response
  weights <- if (is.null(case$weights)) rep(1, nrow(table$X)) else table$columns[[case$weights]]
  offset <- if (is.null(case$offset)) rep(0, nrow(table$X)) else table$columns[[case$offset]]
  problem <- make_problem(table$X, target, weights * totals, offset, case)
  given <- if (!is.null(case$offset)) offset

  # the largest strength: of glmnet's own grid, and by the gradient at the null model; a ridge has none
  lasso <- replace(problem, "l1_ratio", 1)
  null <- polish(lasso, rep(0, length(problem$factor)), 1e6)
  steep <- max((abs(gradient(problem, null)) / problem$factor)[problem$factor > 0])
  first <- NULL
  if (case$l1_ratio > 0) {
    first <- glmnet_fit(table$X, table$response, weights, given, case, nlambda = 5)$lambda[1]
    # to rounding, unless glmnet had to fit the columns kept
    stopifnot(abs(first * case$l1_ratio / steep - 1) < if (all(case$relative > 0)) 1e-12 else 1e-7)
  }
  largest <- steep / max(case$l1_ratio, 0.02)

  strengths <- signif(largest * c(0.9, 0.5, 0.2, 0.06, 0.02, 0.004), 3)
  fit <- glmnet_fit(table$X, table$response, weights, given, case, lambda = strengths)
  stopifnot(fit$jerr == 0, length(fit$lambda) == length(strengths), fit$lambda == strengths)
  found <- rbind(if (case$intercept) fit$a0, as.matrix(fit$beta))
  if (!case$intercept) stopifnot(fit$a0 == 0)
  polished <- sapply(seq_along(strengths), function(k) polish(problem, found[, k] * problem$scale, strengths[k]))
  at <- function(f) numbers(sapply(seq_along(strengths), f))
  kkt <- at(function(k) kkt_distance(problem, found[, k] * problem$scale, strengths[k]))
  polished_kkt <- at(function(k) kkt_distance(problem, polished[, k], strengths[k]))
  stopifnot(polished_kkt < 1e-12)

  # glmnet's null model has the intercept and the offset, but not the columns kept unpenalised
  none <- replace(lasso, "factor", list(ifelse(seq_along(problem$factor) > case$intercept, 1, 0)))
  null_deviance <- deviance_of(problem, polish(none, 0 * null, 1e6))
  ratio <- at(function(k) 1 - deviance_of(problem, polished[, k]) / null_deviance)
  # glmnet's own deviances are only as right as its coefficients
  stopifnot(abs(fit$nulldev / problem$total / null_deviance - 1) < 1e-12, abs(fit$dev.ratio - ratio) < 1e-6)

  c(case[c("l1_ratio", "standardize", "intercept", "weights", "weight_kind", "offset")], list(
    relative = numbers(case$relative), lower = numbers(case$lower), upper = numbers(case$upper),
    scale = numbers(if (case$intercept) problem$scale[-1] else problem$scale),
    strength_max = if (case$l1_ratio > 0) steep / case$l1_ratio, strengths = numbers(strengths),
    null_loss = loss_of(problem, means(problem, null)), null_deviance = fit$nulldev,
    glmnet = list(
      strength_max = first, coef = plain_matrix(t(found)), kkt = kkt,
      deviance_ratio = numbers(fit$dev.ratio), dof = numbers(fit$df)
    ),
    polished = list(coef = plain_matrix(t(polished / problem$scale)), kkt = polished_kkt, deviance_ratio = ratio)
  ))
}

# ---- tables --------------------------------------------------------------------------------------------------------

# Numbers as they are, factors as indicators of all levels but the first, in formulaic's spelling.
columns_of <- function(data) {
  parts <- lapply(names(data), function(v) {
    x <- data[[v]]
    if (!is.factor(x)) return(matrix(as.numeric(x), dimnames = list(NULL, v)))
    others <- levels(x)[-1]
    indicators <- matrix(as.numeric(outer(x, others, "==")), ncol = length(others))
    colnames(indicators) <- sprintf("%s[T.%s]", v, others)
    indicators
  })
  do.call(cbind, parts)
}
new_table <- function(data, used, response, columns = list(), ...) {
  list(X = columns_of(data[used]), response = response, columns = columns, model = list(...))
}
write_penalised <- function(name, body, script = "penalised.R") {
  header <- list(
    reference = file.path("penalised", name), made_by = file.path(REFERENCES, script), r_version = R.version.string,
    packages = list(glmnet = as.character(packageVersion("glmnet"))),
    call = "glmnet(X, y, family = \"binomial\", thresh = 1e-14, maxit = 1e6)", digits = 17L
  )
  text <- as_json(c(list(header = header), body))
  writeLines(text, file.path(REFERENCES, "penalised", paste0(name, ".json")), useBytes = TRUE)
  cat(sprintf("penalised/%-14s %8.0f bytes\n", name, nchar(text)))
}
describe_table <- function(table, matrix = FALSE) {
  c(table$model, list(
    names = I(colnames(table$X)), X = if (matrix) plain_matrix(table$X),
    response = if (is.matrix(table$response)) plain_matrix(table$response) else numbers(table$response),
    columns = lapply(table$columns, numbers)
  ))
}
rule_columns <- function(i) {
  list(offset = ((5 * i) %% 11 - 5) / 8, precision = (1 + i %% 7) / 4, frequency = 1 + i %% 3)
}
part <- function(x) x - floor(x)

# the births that both scripts use
births <- read_data("datasets/lbw.csv")
lbw <- new_table(births, c("age", "lwt", "race", "smoke", "ptl", "ht", "ui", "ftv"), births$low,
  rule_columns(seq_len(nrow(births))),
  data_file = "datasets/lbw.csv", formula = "low ~ age + lwt + race + smoke + ptl + ht + ui + ftv"
)
stopifnot(colnames(lbw$X) == c("age", "lwt", "race[T.other]", "race[T.white]", "smoke", "ptl", "ht", "ui", "ftv"))
