# Fractional responses: quasi-likelihood by glm(quasibinomial), with package sandwich's HC0 times n / (n - 1), which is what
# Stata's fracreg prints, and the cluster sandwich with G / (G - 1).
#
# The fractions are made of the births by rule: visits over 6, with both ends among them.

source("tests/references/lbw_data.R", local = TRUE)
lbw$share <- pmin(lbw$ftv + (lbw$id %% 3) / 2, 6) / 6
lbw$copies <- 1 + lbw$id %% 3
lbw$ward <- lbw$id %% 20
formula <- share ~ age + lwt + smoke
fits <- lapply(c(logit = "logit", probit = "probit", cloglog = "cloglog", cauchit = "cauchit"), function(link) {
  start <- NULL
  for (pass in 1:4) {
    fit <- glm(formula, family = quasibinomial(link), data = lbw, start = start, control = glm.control(1e-14, 100))
    start <- coef(fit)
  }
  n <- nrow(lbw)
  V <- sandwich::sandwich(fit) * n / (n - 1) # bread by the expected information
  clustered <- sandwich::vcovCL(fit, lbw$ward, type = "HC0", cadjust = TRUE)
  list(coef = numbers(coef(fit)), vcov = plain_matrix(V), clustered = plain_matrix(clustered),
    fitted = numbers(fitted(fit)[1:5]))
})
write_reference("quasi/fraction", "fraction.R", "glm(quasibinomial(link)); sandwich() * n / (n - 1); vcovCL(type = \"HC0\")",
  list(formula = "share ~ age + lwt + smoke", links = fits), packages = "sandwich")
