# R on the same arrays: Rscript peers.R FUNCTION FOLDER SECONDS MOST NULL NEAR TOLERANCE...
# The folder holds X.bin (doubles, by columns) or the parts of a sparse matrix, y.bin, target.bin, and shape.txt: n, p
# and what the function needs besides. A tolerance reaches the objective when no value of it is above its target by
# more than NEAR, relative to NULL, or where that is 0 to the target.
# Prints "seconds runs tolerance" after each tolerance, loosest first, until the objective is reached; the coefficients
# go to coef.bin.

given <- commandArgs(trailingOnly = TRUE)
folder <- given[2]
seconds <- as.numeric(given[3])
most <- as.integer(given[4])
null <- as.numeric(given[5])
near <- as.numeric(given[6])
tolerances <- as.numeric(given[-(1:6)])
shape <- scan(file.path(folder, "shape.txt"), quiet = TRUE)
n <- shape[1]
p <- shape[2]
read <- function(name, what, count) readBin(file.path(folder, name), what, count)
sparse <- file.exists(file.path(folder, "values.bin"))
if (sparse) {
  starts <- read("indptr.bin", "integer", p + 1)
  X <- Matrix::sparseMatrix(
    i = read("indices.bin", "integer", starts[p + 1]), p = starts,
    x = read("values.bin", "double", starts[p + 1]), dims = c(n, p), index1 = FALSE
  )
} else {
  X <- matrix(read("X.bin", "double", n * p), nrow = n)
}
y <- read("y.bin", "double", n)
target <- read("target.bin", "double", file.size(file.path(folder, "target.bin")) / 8)

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

# A lasso path over given strengths: the objective at each, and what glmnet is told. It ends for no share explained.
path <- function() {
  suppressPackageStartupMessages(library(glmnet))
  glmnet.control(fdev = 0, devmax = 1)
  strengths <- read("strengths.bin", "double", shape[3])
  scale <- read("scale.bin", "double", p - 1)
  list(
    columns = X[, -1],
    strengths = strengths,
    coef = function(fit) rbind(as.numeric(fit$a0), as.matrix(fit$beta)),
    loss = function(coef) {
      eta <- as.matrix(X %*% coef)
      colMeans(pmax(eta, 0) + log1p(exp(-abs(eta))) - y * eta) +
        strengths * colSums(abs(scale * coef[-1, , drop = FALSE]))
    }
  )
}

# Outcomes 0 to K - 1; coefficients: a column an outcome.
softmax_loss <- function(X, y, coef) {
  eta <- as.matrix(X %*% coef)
  largest <- do.call(pmax, as.data.frame(eta))
  sum(log(rowSums(exp(eta - largest))) + largest - eta[cbind(seq_along(y), y + 1)])
}

# The coefficients of multinom, zeros for its reference.
against_first <- function(fit) cbind(0, t(coef(fit)))

contenders <- list(
  multinom = function() {
    suppressPackageStartupMessages(library(nnet))
    columns <- X[, -1]
    outcome <- factor(y, levels = seq_len(shape[3]) - 1)
    list(
      fit = function(tol) {
        fit <- multinom(outcome ~ columns, maxit = 1e4, MaxNWts = 1e5, reltol = tol, abstol = 0, trace = FALSE)
        summary(fit)$standard.errors
        fit
      },
      coef = against_first,
      loss = function(coef) softmax_loss(X, y, coef)
    )
  },
  multinom_summary = function() {
    suppressPackageStartupMessages(library(nnet))
    codes <- matrix(read("codes.bin", "integer", n * shape[4]), nrow = n)
    data <- cbind(data.frame(X[, -1]), as.data.frame(lapply(seq_len(shape[4]), function(j) factor(codes[, j]))))
    names(data) <- c(paste0("x", seq_len(p - 1)), paste0("g", seq_len(shape[4])))
    dummies <- model.matrix(~., data)
    formula <- as.formula(paste("outcome ~", paste(names(data), collapse = " + ")))
    data$outcome <- factor(y, levels = seq_len(shape[3]) - 1)
    list(
      fit = function(tol) {
        fit <- multinom(formula, data, maxit = 1e4, MaxNWts = 1e5, reltol = tol, abstol = 0, trace = FALSE)
        capture.output(print(summary(fit)))
        fit
      },
      coef = against_first,
      loss = function(coef) softmax_loss(dummies, y, coef)
    )
  },
  multinomial_path = function() {
    suppressPackageStartupMessages(library(glmnet))
    glmnet.control(fdev = 0, devmax = 1)
    columns <- X[, -1]
    strengths <- read("strengths.bin", "double", shape[4])
    scale <- read("scale.bin", "double", p - 1)
    outcome <- factor(y, levels = seq_len(shape[3]) - 1)
    list(
      fit = function(tol) {
        glmnet(columns, outcome, family = "multinomial", lambda = strengths, thresh = tol, maxit = 1e7)
      },
      coef = function(fit) {
        coef <- array(0, c(p, shape[3], length(strengths)))
        coef[1, , ] <- fit$a0
        for (k in seq_len(shape[3])) coef[-1, k, ] <- as.matrix(fit$beta[[k]])
        coef
      },
      loss = function(coef) {
        sapply(seq_along(strengths), function(j) {
          softmax_loss(X, y, coef[, , j]) / n + strengths[j] * sum(abs(scale * coef[-1, , j]))
        })
      }
    )
  },
  penalised = function() {
    given <- path()
    list(
      fit = function(tol) {
        glmnet(given$columns, y, family = "binomial", lambda = given$strengths, thresh = tol, maxit = 1e7)
      },
      coef = given$coef,
      loss = given$loss
    )
  },
  down_a_path = function() {
    given <- path()
    strengths <- given$strengths * 20^((19:0) / 19)
    list(
      fit = function(tol) {
        glmnet(given$columns, y, family = "binomial", lambda = strengths, thresh = tol, maxit = 1e7)
      },
      coef = function(fit) given$coef(fit)[, length(strengths), drop = FALSE],
      loss = given$loss
    )
  },
  cross_validated = function() {
    given <- path()
    folds <- read("folds.bin", "integer", n) + 1L
    list(
      fit = function(tol) {
        cv.glmnet(
          given$columns, y,
          family = "binomial", lambda = given$strengths, foldid = folds, thresh = tol, maxit = 1e7
        )
      },
      coef = function(fit) given$coef(fit$glmnet.fit),
      curve = function(fit) fit$cvm,
      loss = given$loss
    )
  },
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
  fit <- suppressWarnings(contender$fit(tol))
  list(fit = fit, seconds = as.numeric(Sys.time()) - start)
}
say <- function(taken, tol) cat(sprintf("%.9g %d %g\n", min(taken), length(taken), tol))

contender <- contenders[[given[1]]]()
for (tol in tolerances) {
  first <- timed(tol)
  coef <- if (is.null(contender$coef)) first$fit else contender$coef(first$fit)
  writeBin(as.numeric(coef), file.path(folder, "coef.bin"))
  if (!is.null(contender$curve)) writeBin(contender$curve(first$fit), file.path(folder, "curve.bin"))
  say(first$seconds, tol)
  flush(stdout())
  if (max((contender$loss(coef) - target) / (if (null > 0) null else target)) <= near) break
}
taken <- first$seconds
while (sum(taken) < seconds && length(taken) < most) taken <- c(taken, timed(tol)$seconds)
say(taken, tol)
