# Penalised logistic regression by package glmnet: mixes, scales, weights, offsets, factors, limits, counts, wide and
# correlated tables. One JSON per table in penalised/, whose README says what is in them. Needs package glmnet (Debian:
# r-cran-glmnet).

source("tests/references/penalised_problem.R", local = TRUE)

write_cases <- function(name, table, cases, matrix = FALSE) {
  fits <- lapply(cases, function(case) run_case(table, case))
  worst <- max(sapply(fits, function(f) max(f$glmnet$kkt)))
  moved <- max(sapply(fits, function(f) max(abs(f$glmnet$coef - f$polished$coef))))
  cat(sprintf("%-14s %2d cases, largest distance from optimality %.1e, polish moves a coefficient by %.1e\n",
    name, length(fits), worst, moved))
  write_penalised(name, list(table = describe_table(table, matrix), cases = fits))
}
mixes <- function(...) {
  list(lasso = new_case(1, ...), half = new_case(0.5, ...), fifth = new_case(0.2, ...), ridge = new_case(0, ...))
}
prefixed <- function(prefix, cases) setNames(cases, paste(prefix, names(cases), sep = "_"))


relative <- c(0, 1, 2, 2, 0.5, 1, 0, 1.5, 3) # age and ht are kept
box <- list(
  lower = c(-0.02, -0.005, -1, -Inf, 0, 0, -1, -0.25, -0.125),
  upper = c(0.01, Inf, 0.25, Inf, 0.5, 0.375, 1, 0.5, 0)
)
limited <- function(l1_ratio, ...) new_case(l1_ratio, lower = box$lower, upper = box$upper, ...)
everything <- function(l1_ratio, weights, ...) {
  limited(l1_ratio, weights = weights, weight_kind = weights, offset = "offset", relative = relative, ...)
}
write_cases("lbw", lbw, c(
  prefixed("standardized", mixes()), prefixed("as_they_are", mixes(standardize = FALSE)),
  prefixed("offset", mixes(offset = "offset")),
  prefixed("precision", mixes(weights = "precision", weight_kind = "precision")),
  prefixed("frequency", mixes(weights = "frequency", weight_kind = "frequency")),
  prefixed("relative", mixes(relative = relative)),
  prefixed("no_intercept", mixes(intercept = FALSE)),
  prefixed("non_negative", mixes(lower = 0)), prefixed("non_positive", mixes(upper = 0)),
  prefixed("box", list(
    lasso = limited(1), half = limited(0.5), ridge = limited(0), as_they_are = limited(0.5, standardize = FALSE)
  )),
  prefixed("all", list(
    standardized = everything(0.5, "precision"), as_they_are = everything(0.2, "precision", standardize = FALSE),
    no_intercept = everything(1, "frequency", intercept = FALSE)
  ))
))

german_data <- read_data("datasets/german_credit.csv")
german <- new_table(german_data, setdiff(names(german_data), "class"), as.numeric(german_data$class == "bad"),
  rule_columns(seq_len(nrow(german_data))),
  data_file = "datasets/german_credit.csv"
)
write_cases("german_credit", german, c(mixes(), list(
  weighted = new_case(0.5, weights = "precision", weight_kind = "precision"), as_they_are = new_case(1, standardize = FALSE)
)))

credit_data <- read_data("datasets/credit_data.csv")
complete <- which(stats::complete.cases(credit_data))
credit_data <- credit_data[complete, ]
credit <- new_table(credit_data, setdiff(names(credit_data), "Status"), as.numeric(credit_data$Status == "bad"),
  data_file = "datasets/credit_data.csv"
)
write_cases("credit_data", credit, list(lasso = new_case(1), half = new_case(0.5), ridge = new_case(0)))

# each row of counts is as many rows of weight one as it has persons
esoph_data <- read_data("tests/references/data/esoph.csv")
esoph <- new_table(esoph_data, c("agegp", "alcgp", "tobgp"), cbind(esoph_data$ncontrols, esoph_data$ncases),
  rule_columns(seq_len(nrow(esoph_data))),
  data_file = "tests/references/data/esoph.csv", formula = "cbind(ncases, ncontrols) ~ agegp + alcgp + tobgp"
)
write_cases("esoph", esoph, c(mixes(), list(
  offset = new_case(1, offset = "offset"), weighted = new_case(0.5, weights = "precision", weight_kind = "precision"),
  relative = new_case(1, relative = rep(c(0, 1, 2), c(5, 3, 3)))
)))

# Tables by a rule, rounded to multiples of 1/64, which are exact in binary and short in decimal.
sines <- function(n, p) {
  waves <- outer(seq_len(n), seq_len(p), function(i, j) sin(i * j * 0.37 + j^2 * 0.11))
  round(64 * waves + 8 * cos(seq_len(n))) / 64
}
labelled <- function(X) {
  colnames(X) <- sprintf("x%02d", seq_len(ncol(X)))
  X
}
X <- labelled(sines(40, 80))
wide <- list(X = X, response = as.numeric(part(seq_len(40) * sqrt(17)) < plogis(X[, 1] - X[, 7] + X[, 20])))
write_cases("wide", wide, c(mixes(), list(
  as_they_are = new_case(1, standardize = FALSE), non_negative = new_case(0.5, lower = 0),
  relative = new_case(1, relative = c(0, 0, rep(1, 38), rep(2, 40)))
)), matrix = TRUE)

# columns that share most of what they are; the last column of `copied` is the first again
X <- labelled(outer(sines(200, 1)[, 1], rep(1, 10)) + sines(200, 12)[, 3:12] / 8)
response <- as.numeric(part(seq_len(200) * sqrt(17)) < plogis(6 * (X[, 2] - X[, 5])))
write_cases("correlated", list(X = X, response = response), mixes(), matrix = TRUE)
copied <- list(X = labelled(cbind(X, X[, 1])), response = response)
write_cases("copied", copied, mixes()[-1], matrix = TRUE) # the lasso alone has many solutions here

# ---- conventions that the README states, where no case above holds them -----------------------------------------------

X <- lbw$X
y <- lbw$response
coefs <- function(response = y, matrix = X, ...) {
  fit <- glmnet::glmnet(matrix, response, family = "binomial", lambda = 0.02, thresh = 1e-14, maxit = 1e6, ...)
  as.numeric(stats::coef(fit))
}
first_of <- function(...) glmnet::glmnet(X, y, family = "binomial", ...)$lambda[1]
span_of <- function(matrix, response) {
  lambda <- glmnet::glmnet(matrix, response, family = "binomial")$lambda
  (lambda[2] / lambda[1])^99
}
stopifnot(
  coefs(penalty.factor = rep(2, 9)) == coefs(), # factors are made to sum to the number of columns
  abs(coefs(weights = rep(10, length(y))) - coefs()) < 1e-9, # weights to sum to one
  abs(coefs(factor(ifelse(y == 1, "a", "b"))) + coefs()) < 1e-9, # the second level is the event
  coefs(matrix = cbind(X, 3))[11] == 0, # a constant column stays at zero
  inherits(try(coefs(lower.limits = 0.1), silent = TRUE), "try-error"), # limits hold zero between them
  abs(first_of(alpha = 0) / first_of(alpha = 0.001) - 1) < 1e-12, # where a ridge begins
  abs(span_of(X, y) / 1e-4 - 1) < 1e-9, abs(span_of(wide$X, wide$response) / 1e-2 - 1) < 1e-9
)
path <- glmnet::glmnet(X, y, family = "binomial", thresh = 1e-14)
between <- sqrt(path$lambda[3] * path$lambda[4])
interpolated <- as.numeric(stats::coef(path, s = between))
share <- (path$lambda[3] - between) / (path$lambda[3] - path$lambda[4])
ends <- as.matrix(stats::coef(path)[, 3:4])
stopifnot(abs(interpolated - ends[, 1] * (1 - share) - ends[, 2] * share) < 1e-12) # coef(s) draws a straight line
