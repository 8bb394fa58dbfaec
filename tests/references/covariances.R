# Robust covariances on lbw: packages sandwich (HC, clusters, crossed clusters, HAC, jackknife) and clubSandwich (CR0 to
# CR3 with Satterthwaite's degrees of freedom and joint tests by HTZ).

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
suppressWarnings(suppressPackageStartupMessages({
  library(sandwich)
  library(clubSandwich)
}))

lbw$g <- lbw$id %% 11L
lbw$h <- lbw$age
lbw$w <- lbw_precision
formula <- low ~ age + lwt + smoke + ht
refit <- function(link, weighted = FALSE) {
  start <- NULL
  lbw$used <- if (weighted) lbw$w else rep(1, nrow(lbw))
  for (pass in 1:6) {
    fit <- suppressWarnings(glm(formula, family = binomial(link), data = lbw, weights = used, start = start))
    start <- coef(fit)
  }
  fit
}
square <- function(x) unname(lapply(seq_len(nrow(x)), function(i) unname(x[i, ])))
fits <- list(logit = refit("logit"), probit = refit("probit"), weighted = refit("logit", TRUE))

hc <- lapply(fits, function(fit) {
  lapply(setNames(nm = c("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")), function(type) square(vcovHC(fit, type = type)))
})
one <- lapply(fits, function(fit) list(
  `r-sandwich` = square(vcovCL(fit, cluster = ~g, type = "HC0")),
  coefficients = square(vcovCL(fit, cluster = ~g, type = "HC1")),
  none = square(vcovCL(fit, cluster = ~g, type = "HC0", cadjust = FALSE))
))
two <- lapply(fits, function(fit) list(
  `r-sandwich` = square(vcovCL(fit, cluster = ~ g + h, type = "HC0", fix = TRUE)),
  coefficients = square(vcovCL(fit, cluster = ~ g + h, type = "HC1", fix = TRUE)),
  fixed = square(vcovCL(fit, cluster = ~ smoke + ht, type = "HC0", fix = TRUE))
))
hac <- lapply(fits, function(fit) list(
  order = square(NeweyWest(fit, lag = 4, prewhite = FALSE, order.by = lbw$id)),
  chosen = square(NeweyWest(fit, prewhite = FALSE)),
  lags = floor(bwNeweyWest(fit, prewhite = 0))
))
cr <- lapply(fits, function(fit) {
  lapply(setNames(nm = c("CR0", "CR1", "CR2", "CR3")), function(type) {
    V <- vcovCR(fit, cluster = lbw$g, type = type)
    tested <- coef_test(fit, vcov = V, test = "Satterthwaite")
    htz <- Wald_test(fit, constraints = constrain_zero(2:4), vcov = V, test = "HTZ")
    list(
      vcov = square(as.matrix(V)), dof = unname(tested$df_Satt), p = unname(tested$p_Satt),
      f = htz$Fstat, denominator = htz$df_denom, joint = htz$p_val
    )
  })
})
# The jackknife by clusters, a loop over fits.
left <- sapply(0:10, function(out) {
  start <- coef(fits$logit)
  for (pass in 1:5) {
    fit <- glm(formula, family = binomial, data = lbw[lbw$g != out, ], start = start)
    start <- coef(fit)
  }
  start
})
jk <- square(10 / 11 * tcrossprod(left - rowMeans(left)))
dir.create(file.path("tests", "references", "covariances"), showWarnings = FALSE)
writeLines(
  jsonlite::toJSON(list(
    coef = lapply(fits, function(fit) unname(coef(fit))), hc = hc, one = one, two = two, hac = hac, cr = cr, jackknife = jk,
    versions = list(sandwich = as.character(packageVersion("sandwich")), clubSandwich = as.character(packageVersion("clubSandwich")))
  ), digits = 17, auto_unbox = TRUE),
  file.path("tests", "references", "covariances", "robust.json")
)
