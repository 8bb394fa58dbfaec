# Models of several outcomes: nnet::multinom, polished by Newton's method until the decrement is nothing, and compared with
# VGAM::vglm(multinomial) coefficient by coefficient and error by error.
#
# One JSON, multinomial/multinomial.json: `made`, the columns of a table made by a rule, and `fits`. Each fit says which `data`
# ("made", or a file of data/), `rows` (a DataFrame.query or null), the formula, what is counted, weighted or added, and holds
# `outcomes` (the reference first), `names_r` (columns), `coef` (a row an outcome but the reference), `std_error` and `vcov` of
# the flat coefficients (all columns of an outcome before the next), `loglik` and `null_loglik` with the constant of counts,
# `deviance`, `null_deviance`, `aic`, and of the first twenty rows `fitted` and `fitted_se`, the latter by the delta method.

log_softmax <- function(eta) {
  top <- apply(eta, 1, max)
  eta - top - log(rowSums(exp(eta - top)))
}

# The logits of all outcomes from flat coefficients; the first outcome is the reference.
logits_of <- function(flat, X, offset) cbind(0, X %*% matrix(flat, nrow = ncol(X))) + offset

newton <- function(flat, X, counts, offset, passes = 6) {
  trials <- rowSums(counts)
  p <- ncol(X)
  active <- seq_len(ncol(counts) - 1)
  for (pass in seq_len(passes)) {
    mean <- exp(log_softmax(logits_of(flat, X, offset)))
    gradient <- as.vector(crossprod(X, counts - trials * mean)[, -1])
    information <- matrix(0, length(flat), length(flat))
    for (a in active) for (b in active) {
      curvature <- trials * mean[, a + 1] * ((a == b) - mean[, b + 1])
      information[(a - 1) * p + 1:p, (b - 1) * p + 1:p] <- crossprod(X, curvature * X)
    }
    step <- solve(information, gradient)
    flat <- flat + step
  }
  stopifnot(sum(step * gradient) < 1e-22)
  list(flat = flat, vcov = solve(information), mean = mean)
}

loglik_of <- function(flat, X, counts, offset) sum(counts * log_softmax(logits_of(flat, X, offset)))

# `counts`: weighted counts by outcome, the reference first; `constant`: of the counts before weighting. VGAM takes whole counts
# only: `scale` times them are whole.
describe <- function(formula, data, rows, terms, frame, counts, offset = NULL, constant = 0, saturated = 0, scale = 1, ...) {
  X <- model.matrix(terms, frame)
  colnames(counts) <- gsub("[^A-Za-z0-9]", "_", outcomes <- colnames(counts))
  given <- if (is.null(offset)) matrix(0, nrow(X), ncol(counts)) else offset
  used <- rowSums(counts) > 0
  y <- counts / pmax(rowSums(counts), 1e-300)
  first <- if (is.null(offset)) {
    nnet::multinom(y ~ 0 + X, weights = rowSums(counts), trace = FALSE, reltol = 1e-14, maxit = 1000)
  } else {
    nnet::multinom(y ~ 0 + X + offset(given), weights = rowSums(counts), trace = FALSE, reltol = 1e-14, maxit = 1000)
  }
  start <- as.vector(t(matrix(coef(first), nrow = ncol(counts) - 1)))
  found <- newton(start, X, counts, given)
  stopifnot(max(abs(found$flat - start)) < 1e-3 * max(1, abs(found$flat)))
  other <- expecting("diagonal elements of the working weights|fitted values close to 0 or 1|convergence at a half-step|half-step sizes are very small", VGAM::vglm(
    round(scale * counts)[used, ] ~ 0 + X[used, ], VGAM::multinomial(refLevel = 1),
    offset = (given[, -1, drop = FALSE] - given[, 1])[used, , drop = FALSE], epsilon = 1e-10, maxit = 50
  ))
  by_column <- as.vector(matrix(VGAM::coef(other), ncol = ncol(counts) - 1, byrow = TRUE))
  error <- sqrt(scale * diag(VGAM::vcov(other)))
  error <- as.vector(matrix(error, ncol = ncol(counts) - 1, byrow = TRUE))
  std_error <- sqrt(diag(found$vcov))
  stopifnot(max(abs(by_column - found$flat) / std_error) < 1e-6, max(abs(error / std_error - 1)) < 1e-5)

  intercept <- "(Intercept)" %in% colnames(X)
  ones <- matrix(1, nrow(X), 1)
  null <- if (!intercept) {
    sum(counts * log_softmax(given))
  } else {
    loglik_of(newton(log(colSums(counts)[-1] / sum(counts[, 1])), ones, counts, given, 12)$flat, ones, counts, given)
  }
  loglik <- loglik_of(found$flat, X, counts, given)
  shown <- seq_len(min(20, nrow(X)))
  errors <- t(vapply(shown, function(i) {
    mean <- found$mean[i, ]
    vapply(seq_along(mean), function(k) {
      jacobian <- kronecker(mean[k] * ((k == seq_along(mean)) - mean)[-1], X[i, ])
      sqrt(drop(jacobian %*% found$vcov %*% jacobian))
    }, 0)
  }, numeric(ncol(counts))))
  c(list(formula = formula, data = data, rows = rows), list(...), list(
    outcomes = I(outcomes), names_r = I(colnames(X)), coef = matrix(found$flat, ncol = ncol(X), byrow = TRUE),
    std_error = numbers(std_error), vcov = plain_matrix(found$vcov), n_params = length(found$flat),
    loglik = constant + loglik, null_loglik = constant + null, deviance = 2 * (saturated - loglik),
    null_deviance = 2 * (saturated - null), aic = -2 * (constant + loglik) + 2 * length(found$flat),
    fitted = plain_matrix(found$mean[shown, ]), fitted_se = errors
  ))
}

indicators <- function(y, reference = levels(factor(y))[1], weights = 1) {
  outcomes <- c(reference, setdiff(levels(factor(y)), reference))
  out <- vapply(outcomes, function(k) weights * (y == k), numeric(length(y)))
  colnames(out) <- outcomes
  out
}
constant_of <- function(counts) sum(lgamma(rowSums(counts) + 1) - rowSums(lgamma(counts + 1)))
saturated_of <- function(counts) sum(ifelse(counts > 0, counts * log(pmax(counts, 1) / rowSums(counts)), 0))
table_of <- function(name) read_data(file.path(REFERENCES, "data", paste0(name, ".csv")))

# ---- a table made by a rule ----------------------------------------------------------------------------------------------

n <- 360
i <- seq_len(n)
part <- function(x) x - floor(x)
made <- data.frame(
  x = round(4 * part(i * sqrt(7)) - 2, 4),
  z = round(50 + 10 * part(i * sqrt(13)), 4),
  kind = c("amber", "blue", "clear")[1 + floor(3 * part(i * sqrt(3)))],
  w = round(0.2 + 3 * part(i * sqrt(23)), 3),
  times = 1 + floor(3 * part(i * sqrt(19)))
)
draw <- function(eta, root) {
  share <- exp(log_softmax(eta))
  1 + rowSums(part(i * root) > t(apply(share, 1, cumsum)))
}
made$four <- c("air", "bus", "car", "train")[draw(cbind(0, 0.8 * made$x, 0.5 - made$x / 2, 0.06 * (made$z - 55)), sqrt(17))]
made$six <- paste0("s", draw(cbind(0, 0.4 * made$x, -0.4 * made$x, 0.3, (made$kind == "blue") - 0.5, 0.05 * (made$z - 55)), sqrt(29)))
for (outcome in c("air", "bus", "car", "train")) {
  made[[paste0("o_", outcome)]] <- round(part(i * sqrt(31 + nchar(outcome))) - 0.5, 3)
}
frame <- transform(made, kind = factor(kind))
offset <- as.matrix(made[paste0("o_", c("air", "bus", "car", "train"))])

hsb <- table_of("hsb")
housing <- table_of("housing")
anes96 <- table_of("anes96")
alligator <- table_of("alligator")
wide <- reshape(alligator, idvar = c("lake", "sex", "size"), timevar = "food", direction = "wide")
foods <- as.matrix(wide[paste0("count.", c("fish", "bird", "invert", "other", "reptile"))])
colnames(foods) <- c("fish", "bird", "invert", "other", "reptile")
two <- droplevels(iris[iris$Species != "setosa", ])
names(two) <- c("sepal_length", "sepal_width", "petal_length", "petal_width", "species")

binary <- describe(
  "species ~ sepal_length + sepal_width + petal_length + petal_width", "iris", "species != 'setosa'",
  ~ sepal_length + sepal_width + petal_length + petal_width, two, indicators(two$species)
)
check <- fit_logit(species ~ ., two)
stopifnot(max(abs(coef(check) / binary$coef - 1)) < 1e-9)

fits <- list(
  iris_two = binary,
  hsb = describe("prog ~ ses + write", "hsb", NULL, ~ ses + write, hsb, indicators(hsb$prog)),
  hsb_reference = describe(
    "prog ~ ses * write + read", "hsb", NULL, ~ ses * write + read, hsb, indicators(hsb$prog, "vocation")
  ),
  housing = describe(
    "Sat ~ Infl + Type + Cont", "housing", NULL, ~ Infl + Type + Cont, housing, indicators(housing$Sat, weights = housing$Freq),
    weights = "Freq", weight_kind = "frequency"
  ),
  anes96 = describe(
    "PID ~ np.log(popul + 0.1) + selfLR + age + educ + income", "anes96", NULL,
    ~ log(popul + 0.1) + selfLR + age + educ + income, anes96, indicators(anes96$PID)
  ),
  alligator = describe(
    "cbind(fish, bird, invert, other, reptile) ~ lake + size", "alligator", NULL, ~ lake + size, wide, foods,
    constant = constant_of(foods), saturated = saturated_of(foods)
  ),
  four = describe("four ~ x + z + kind", "made", NULL, ~ x + z + kind, frame, indicators(made$four)),
  precision = describe(
    "four ~ x + kind", "made", NULL, ~ x + kind, frame, indicators(made$four, weights = made$w), scale = 1000,
    weights = "w", weight_kind = "precision"
  ),
  frequency = describe(
    "four ~ x * kind", "made", NULL, ~ x * kind, frame, indicators(made$four, "car", weights = made$times), weights = "times",
    weight_kind = "frequency"
  ),
  offset = describe(
    "four ~ x + z", "made", NULL, ~ x + z, frame, indicators(made$four), offset = offset,
    offsets = list(air = "o_air", bus = "o_bus", car = "o_car", train = "o_train")
  ),
  no_intercept = describe("four ~ 0 + x + kind", "made", NULL, ~ 0 + x + kind, frame, indicators(made$four)),
  six = describe("six ~ x + kind", "made", NULL, ~ x + kind, frame, indicators(made$six, "s3"))
)

columns <- function(frame) lapply(frame, function(x) if (is.numeric(x)) numbers(x) else I(as.character(x)))
write_reference("multinomial/multinomial", "multinomial.R", "nnet::multinom(y ~ 0 + X, reltol = 1e-14), then Newton steps",
  list(made = columns(made), fits = fits), packages = c("nnet", "VGAM"),
  passes = "multinom() at reltol 1e-14, then six Newton steps to a squared decrement below 1e-22"
)
