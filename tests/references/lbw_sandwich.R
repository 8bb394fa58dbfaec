# Sandwich covariances on lbw: package sandwich, package survey and the matrix algebra written out agree.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
suppressPackageStartupMessages({
  library(sandwich)
  library(survey)
})

formula <- low ~ age + lwt + race + smoke + ptl + ht + ui
lbw$sampling <- lbw_precision
same <- function(a, b, tolerance = 1e-10) {
  stopifnot(max(abs(a - b)) < tolerance * max(abs(b)))
  a
}

# B M B with B the inverse information and M the sum of outer products of the scores, summed within clusters first.
sandwich_by_hand <- function(fit, cluster = seq_len(nobs(fit))) {
  scores <- model.matrix(fit) * (fit$prior.weights * (fit$y - fitted(fit)))
  vcov(fit) %*% crossprod(rowsum(scores, cluster)) %*% vcov(fit)
}
entry <- function(vcov, ...) list(..., vcov = plain_matrix(vcov), std_error = numbers(sqrt(diag(vcov))))

# ---- no weights: heteroskedasticity-consistent and clustered -------------------------------------------------------

fit <- fit_logit(formula, lbw)
n <- nobs(fit)
k <- fit$rank
G <- length(unique(lbw$age))
hc <- lapply(stats::setNames(nm = paste0("HC", 0:4)), function(type) entry(vcovHC(fit, type = type)))
same(vcovHC(fit, type = "HC0"), sandwich_by_hand(fit))
same(vcovHC(fit, type = "HC1"), n / (n - k) * sandwich_by_hand(fit))

cluster_hc0 <- same(vcovCL(fit, cluster = lbw$age, type = "HC0", cadjust = TRUE), G / (G - 1) * sandwich_by_hand(fit, lbw$age))
cluster_raw <- same(vcovCL(fit, cluster = lbw$age, type = "HC0", cadjust = FALSE), sandwich_by_hand(fit, lbw$age))
cluster_hc1 <- same(
  vcovCL(fit, cluster = lbw$age, type = "HC1", cadjust = TRUE),
  G / (G - 1) * (n - 1) / (n - k) * sandwich_by_hand(fit, lbw$age)
)

# ---- sampling weights ----------------------------------------------------------------------------------------------
# svyglm() starts at the optimum found by glm(); what is stored are the sums written out.

weighted <- expecting("non-integer #successes", fit_logit(formula, lbw, weights = "sampling"))
design <- svydesign(ids = ~1, weights = ~sampling, data = lbw)
clustered <- svydesign(ids = ~age, weights = ~sampling, data = lbw)
by_survey <- function(design) do.call(svyglm, list(formula, design, family = quasibinomial(), start = coef(weighted)))
sampling <- n / (n - 1) * sandwich_by_hand(weighted)
sampling_cluster <- G / (G - 1) * sandwich_by_hand(weighted, lbw$age)
same(coef(weighted), coef(by_survey(design)))
same(sampling, vcov(by_survey(design)))
same(sampling_cluster, vcov(by_survey(clustered)))

write_reference("lbw_sandwich", "lbw_sandwich.R", paste(
  "vcovHC(fit, type), vcovCL(fit, cluster = lbw$age, type, cadjust);",
  "svyglm(formula, svydesign(ids = ~1 or ~age, weights = ~sampling), family = quasibinomial)"
), list(
  model = describe_model(fit, LBW_FORMULA, LBW_FILE, event = 1L, response = "low", columns = lbw["sampling"]),
  names = I(formulaic_names(fit, spelling = RACE)), names_r = I(names(coef(fit))),
  n_obs = n, n_params = k, n_clusters = G, cluster = "age", weights = "sampling",
  unweighted = c(
    list(coef = numbers(coef(fit))), hc,
    list(
      cluster = entry(cluster_hc0, correction = "G / (G - 1)", factor = G / (G - 1), type_r = "HC0, cadjust = TRUE"),
      cluster_uncorrected = entry(cluster_raw, correction = "none", factor = 1, type_r = "HC0, cadjust = FALSE"),
      cluster_hc1 = entry(cluster_hc1,
        correction = "G / (G - 1) * (n - 1) / (n - k)", factor = G / (G - 1) * (n - 1) / (n - k),
        type_r = "HC1, cadjust = TRUE"
      )
    )
  ),
  sampling = list(
    coef = numbers(coef(weighted)),
    independent = entry(sampling, correction = "n / (n - 1)", factor = n / (n - 1)),
    cluster = entry(sampling_cluster, correction = "G / (G - 1)", factor = G / (G - 1))
  )
), packages = c("sandwich", "survey"))
