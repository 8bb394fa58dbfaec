# R on the same arrays: Rscript peers.R FUNCTION FOLDER SECONDS MOST TARGET TOLERANCE...
# The folder holds X.bin (doubles, by columns), y.bin, and shape.txt: n, p and what the function needs besides.
# Prints "seconds runs tolerance" after each tolerance, loosest first, until the objective is reached; the coefficients
# go to coef.bin.

given <- commandArgs(trailingOnly = TRUE)
folder <- given[2]
seconds <- as.numeric(given[3])
most <- as.integer(given[4])
target <- as.numeric(given[5])
tolerances <- as.numeric(given[-(1:5)])
shape <- scan(file.path(folder, "shape.txt"), quiet = TRUE)
n <- shape[1]
p <- shape[2]
read <- function(name, what, count) readBin(file.path(folder, name), what, count)
X <- matrix(read("X.bin", "double", n * p), nrow = n)
y <- read("y.bin", "double", n)

loss <- function(X, y, coef) {
  eta <- drop(X %*% coef)
  sum(pmax(eta, 0) + log1p(exp(-abs(eta))) - y * eta)
}

fit_rows <- function(X, y, tol, errors) {
  fit <- glm.fit(X, y, family = binomial(), control = glm.control(epsilon = tol, maxit = 100))
  k <- seq_len(ncol(X))
  if (errors) sqrt(diag(chol2inv(fit$qr$qr[k, k, drop = FALSE])))
  fit$coefficients
}

contenders <- list(
  glm_fit = function() list(
    fit = function(tol) fit_rows(X, y, tol, TRUE),
    loss = function(coef) loss(X, y, coef)
  ),
  glmnet_zero = function() {
    suppressPackageStartupMessages(library(glmnet))
    columns <- X[, -1]
    list(
      fit = function(tol) {
        fit <- glmnet(columns, y, family = "binomial", lambda = 0, thresh = tol, maxit = 1e7)
        c(as.numeric(fit$a0), as.numeric(fit$beta))
      },
      loss = function(coef) loss(X, y, coef)
    )
  },
  glm_summary = function() {
    data <- data.frame(y = y, X[, -1])
    formula <- as.formula(paste("y ~", paste(names(data)[-1], collapse = " + ")))
    list(
      fit = function(tol) {
        fit <- glm(formula, binomial, data, control = glm.control(epsilon = tol, maxit = 100))
        capture.output(print(summary(fit)))
        coef(fit)
      },
      loss = function(coef) loss(X, y, coef)
    )
  },
  refits = function() {
    draws <- matrix(read("draws.bin", "integer", n * shape[3]), nrow = n) + 1L
    list(
      fit = function(tol) apply(draws, 2, function(rows) fit_rows(X[rows, ], y[rows], tol, FALSE)),
      loss = function(coef) {
        sum(sapply(seq_len(ncol(coef)), function(k) loss(X[draws[, k], ], y[draws[, k]], coef[, k])))
      }
    )
  },
  groups = function() {
    rows_of <- function(k) (k - 1) * shape[3] + seq_len(shape[3])
    groups <- seq_len(shape[4])
    list(
      fit = function(tol) sapply(groups, function(k) fit_rows(X[rows_of(k), ], y[rows_of(k)], tol, TRUE)),
      loss = function(coef) sum(sapply(groups, function(k) loss(X[rows_of(k), ], y[rows_of(k)], coef[, k])))
    )
  }
)

timed <- function(tol) {
  gc(FALSE)
  start <- as.numeric(Sys.time())
  coef <- suppressWarnings(contender$fit(tol))
  list(coef = coef, seconds = as.numeric(Sys.time()) - start)
}
say <- function(taken, tol) cat(sprintf("%.9g %d %g\n", min(taken), length(taken), tol))

contender <- contenders[[given[1]]]()
for (tol in tolerances) {
  first <- timed(tol)
  writeBin(as.numeric(first$coef), file.path(folder, "coef.bin"))
  say(first$seconds, tol)
  flush(stdout())
  if ((contender$loss(first$coef) - target) / target <= 5e-9) break
}
taken <- first$seconds
while (sum(taken) < seconds && length(taken) < most) taken <- c(taken, timed(tol)$seconds)
say(taken, tol)
