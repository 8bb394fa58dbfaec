# Formulas that are out of the ordinary, on lbw: no intercept, an aliased column, polynomials, a spline, an interaction.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)

write_terms <- function(name, fit, formula, call, new_data = lbw_new, columns = list(), ...) {
  write_reference(name, "lbw_terms.R", call, list(
    model = describe_model(fit, formula, LBW_FILE, event = 1L, response = "low", columns = columns),
    fit = describe_fit(fit, new_data, ...)
  ))
}

# Without an intercept race is coded by all its levels, and R's null model is eta = 0: null deviance 2 n log 2.
sorted <- lbw
sorted$race <- factor(sorted$race, levels = sort(levels(sorted$race)))
fit <- fit_logit(low ~ 0 + race + age, sorted)
stopifnot(abs(fit$null.deviance - 2 * 189 * log(2)) < 1e-10)
write_terms("lbw_no_intercept", fit, "low ~ 0 + C(race) + age", "glm(low ~ 0 + race + age, family = binomial)",
  spelling = c(race = "C(race)"), full = "race"
)

# A copy of lwt in other units: R keeps the earlier column and reports NA for the later.
lbw$lwt_kg <- lbw$lwt * 0.45359237
fit <- fit_logit(low ~ age + lwt + race + lwt_kg + smoke, lbw)
stopifnot(is.na(coef(fit)[["lwt_kg"]]), sum(is.na(coef(fit))) == 1)
new_data <- cbind(lbw_new, lwt_kg = lbw_new$lwt * 0.45359237)
expecting("rank-deficient", write_terms("lbw_aliased", fit,
  "low ~ age + lwt + C(race, contr.treatment('white')) + lwt_kg + smoke",
  "glm(low ~ age + lwt + race + lwt_kg + smoke, family = binomial), lwt_kg = 0.45359237 lwt",
  new_data = new_data, columns = lbw["lwt_kg"], spelling = RACE
))

# Orthogonal polynomials and a B-spline: formulaic builds the same basis from the same data.
fit <- fit_logit(low ~ poly(age, 2) + lwt + smoke, lbw)
write_terms("lbw_poly", fit, "low ~ poly(age, 2) + lwt + smoke", "glm(low ~ poly(age, 2) + lwt + smoke, family = binomial)")

bs <- splines::bs
fit <- fit_logit(low ~ bs(lwt, df = 5) + age + smoke, lbw)
write_terms("lbw_spline", fit, "low ~ bs(lwt, df=5) + age + smoke",
  "glm(low ~ splines::bs(lwt, df = 5) + age + smoke, family = binomial)",
  spelling = c("bs(lwt, df = 5)" = "bs(lwt, df=5)")
)

# An interaction of two factors, a transform, and slopes by group without a common slope: race is coded by contrasts in one
# term and by all its levels in another. (R lists all levels from the base on, formulaic in sorted order: hence `sorted`.)
fit <- fit_logit(low ~ log(lwt) + race * smoke + race:age, sorted)
write_terms("lbw_interaction", fit, "low ~ log(lwt) + race * smoke + race:age",
  "glm(low ~ log(lwt) + race * smoke + race:age, family = binomial), race with base black"
)
