# Validation of a logistic regression of datasets/lbw.csv:
# what each resample gives, by glm and written-out formulas, and rms::validate by its own resamples.
#
# One JSON, validation/births.json:
#   given: means over 60 resamples, whose rows are floor(n * part((i + n * b)^2 * sqrt(7))), of `training`, `test` and `out`
#          (rows not drawn): c, somers_d, r2, brier, log_loss, in_the_large, intercept, slope, emax, ici, g, gp, d, u, q;
#   rms:   the table of validate(lrm(...), B = 2000) by its names: index.orig, training, test, optimism, index.corrected;
#   heldout: by race: each level held out in turn: log-odds of c, log of O/E, slope, in_the_large with standard errors,
#          and metafor::rma (REML, Knapp-Hartung) of the slopes and of the log odds of c, with prediction intervals.
# Resamples of rms have a seed.

suppressMessages(library(rms))
births <- read.csv("datasets/lbw.csv")
births$race <- factor(births$race, levels = c("white", "black", "other"))
form <- low ~ age + lwt + race + smoke + ht + ui
n <- nrow(births)
part <- function(x) x - floor(x)

auc <- function(y, e) {
  r <- rank(e)
  m <- sum(y)
  (sum(r[y == 1]) - m * (m + 1) / 2) / (m * (length(y) - m))
}
gmd <- function(x) {
  k <- length(x)
  sum(abs(outer(x, x, "-"))) / (k * (k - 1))
}
measures <- function(y, e) {
  p <- plogis(e)
  k <- length(y)
  loss <- -sum(y * plogis(e, log.p = TRUE) + (1 - y) * plogis(-e, log.p = TRUE))
  null <- -sum(y) * log(mean(y)) - sum(1 - y) * log(1 - mean(y))
  line <- glm(y ~ e, family = binomial, control = list(epsilon = 1e-14))
  large <- glm(y ~ 1 + offset(e), family = binomial, control = list(epsilon = 1e-14))
  q <- fitted(line)
  best <- deviance(line) / 2
  d <- (2 * (null - best) - 1) / k
  u <- (2 * (loss - best) - 2) / k
  c(
    c = auc(y, e), somers_d = 2 * auc(y, e) - 1,
    r2 = (1 - exp(2 * (loss - null) / k)) / (1 - exp(-2 * null / k)),
    brier = mean((y - p)^2), log_loss = loss / k,
    in_the_large = unname(coef(large)), intercept = unname(coef(line)[1]), slope = unname(coef(line)[2]),
    emax = max(abs(p - q)), ici = mean(abs(p - q)),
    g = gmd(coef(line)[2] * e), gp = gmd(q), d = d, u = u, q = d - u
  )
}

B <- 60
sums <- array(0, c(3, 15))
for (b in 0:(B - 1)) {
  rows <- 1 + floor(n * part((seq_len(n) + n * b)^2 * sqrt(7)))
  fit <- glm(form, family = binomial, data = births[rows, ], control = list(epsilon = 1e-14))
  e <- predict(fit, births)
  out <- setdiff(seq_len(n), rows)
  sums <- sums + rbind(
    measures(births$low[rows], e[rows]), measures(births$low, e), measures(births$low[out], e[out])
  )
}
names <- names(measures(births$low, e))
given <- lapply(1:3, function(k) as.list(setNames(sums[k, ] / B, names)))
names(given) <- c("training", "test", "out")

dd <- datadist(births)
options(datadist = "dd")
set.seed(1)
found <- validate(lrm(form, births, x = TRUE, y = TRUE), B = 2000)
found <- unclass(found)
rms_table <- lapply(setNames(rownames(found), rownames(found)), function(r) as.list(found[r, 1:5]))

held <- lapply(setNames(levels(births$race), levels(births$race)), function(level) {
  rest <- births[births$race != level, ]
  own <- births[births$race == level, ]
  fit <- glm(low ~ age + lwt + smoke + ht + ui, family = binomial, data = rest, control = list(epsilon = 1e-14))
  e <- predict(fit, own)
  y <- own$low
  roc <- suppressMessages(pROC::roc(y, e, direction = "<"))
  a <- as.numeric(pROC::auc(roc))
  se <- sqrt(pROC::var(roc))
  line <- summary(glm(y ~ e, family = binomial, control = list(epsilon = 1e-14)))$coefficients
  large <- summary(glm(y ~ 1 + offset(e), family = binomial, control = list(epsilon = 1e-14)))$coefficients
  rate <- mean(y)
  list(
    n = length(y), events = sum(y), c = a, c_error = se, logit_c = qlogis(a), logit_c_error = se / (a * (1 - a)),
    oe = sum(y) / sum(plogis(e)), log_oe_error = sqrt((1 - rate) / sum(y)),
    slope = line[2, 1], slope_error = line[2, 2], in_the_large = large[1, 1], in_the_large_error = large[1, 2],
    brier = mean((y - plogis(e))^2)
  )
})
column <- function(name) sapply(held, function(one) one[[name]])
pooled <- function(value, error) {
  fit <- metafor::rma(value, sei = error, method = "REML", test = "knha", control = list(threshold = 1e-12, maxiter = 1000))
  k <- length(value)
  # Higgins, Thompson and Spiegelhalter's prediction interval, t of k - 2, with the same standard error of the mean
  half <- qt(0.975, k - 2) * sqrt(fit$tau2 + fit$se^2)
  list(estimate = fit$b[1], std_error = fit$se, low = fit$ci.lb, high = fit$ci.ub, tau2 = fit$tau2,
       predict_low = fit$b[1] - half, predict_high = fit$b[1] + half)
}
heldout <- list(
  groups = held,
  logit_c = pooled(column("logit_c"), column("logit_c_error")),
  log_oe = pooled(log(column("oe")), column("log_oe_error")),
  slope = pooled(column("slope"), column("slope_error")),
  in_the_large = pooled(column("in_the_large"), column("in_the_large_error"))
)

# Eight studies that differ: the summaries with a variance between them.
values <- c(0.12, 0.55, 0.31, 0.98, 0.44, -0.10, 0.70, 0.25)
errors <- c(0.10, 0.15, 0.12, 0.20, 0.08, 0.18, 0.11, 0.14)
studies <- list(values = values, errors = errors, pooled = pooled(values, errors))

dir.create("tests/references/validation", showWarnings = FALSE)
versions <- sapply(c("rms", "metafor", "pROC"), function(p) as.character(packageVersion(p)))
jsonlite::write_json(
  list(made_by = paste("validation.R,", R.version.string), versions = as.list(versions), given = given, rms = rms_table,
       heldout = heldout, studies = studies),
  "tests/references/validation/births.json", digits = NA, auto_unbox = TRUE, pretty = TRUE
)
