# Weights and offsets on lbw. `fit` is R's weighted glm; where R's reading of a weight differs from ours both are stored.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
lbw$count <- lbw_counts
lbw$precision <- lbw_precision
lbw$z <- round((lbw$ftv - 1) / 7, 3) # any known number will do as an offset
rhs <- "low ~ age + lwt + C(race, contr.treatment('white')) + smoke"

# ---- frequency -----------------------------------------------------------------------------------------------------
# R counts rows, not the sum of the weights, in n_obs, bic and the degrees of freedom, and Cook's distance, leverage and
# residuals belong to a row with all its copies. `expanded` is the same fit with each row written out `count` times, and
# `copies` what each row's copies have there.

fit <- fit_logit(low ~ age + lwt + race + smoke, lbw, weights = "count")
long <- fit_logit(low ~ age + lwt + race + smoke, lbw[rep(seq_len(nrow(lbw)), lbw$count), ])
stopifnot(max(abs(coef(fit) - coef(long))) < 1e-12, abs(logLik(fit) - logLik(long)) < 1e-10)
write_reference("lbw_frequency", "lbw_weights.R",
  "glm(low ~ age + lwt + race + smoke, family = binomial, weights = count), count = 1 + id mod 3",
  list(
    model = describe_model(fit, rhs, LBW_FILE,
      event = 1L, response = "low", weights = "count", weight_kind = "frequency", columns = lbw["count"]
    ),
    fit = describe_fit(fit, lbw_new, spelling = RACE),
    expanded = describe_totals(long),
    copies = describe_rows(long, which(!duplicated(rep(seq_len(nrow(lbw)), lbw$count))))
  )
)

# ---- precision -----------------------------------------------------------------------------------------------------
# R's logLik rounds the weighted successes to whole numbers, so its AIC and BIC are of no use here: `fit` holds
# loglik = sum w (y log mu + (1 - y) log(1 - mu)) = -deviance / 2, with aic and bic from it; `r_rounded` holds R's.

rounds <- "non-integer #successes"
fit <- expecting(rounds, fit_logit(low ~ age + lwt + race + smoke, lbw, weights = "precision"))
described <- expecting(rounds, describe_fit(fit, lbw_new, spelling = RACE))
described$aic <- 2 * fit$rank - 2 * described$loglik
described$bic <- log(nobs(fit)) * fit$rank - 2 * described$loglik
stopifnot(abs(described$loglik + deviance(fit) / 2) < 1e-10)
write_reference("lbw_precision", "lbw_weights.R",
  "glm(low ~ age + lwt + race + smoke, family = binomial, weights = precision), precision = 0.25 + (id mod 17) / 8",
  list(
    model = describe_model(fit, rhs, LBW_FILE,
      event = 1L, response = "low", weights = "precision", weight_kind = "precision", columns = lbw["precision"]
    ),
    fit = described,
    r_rounded = expecting(rounds, list(loglik = as.numeric(logLik(fit)), aic = AIC(fit), bic = BIC(fit)))
  )
)

# ---- offset --------------------------------------------------------------------------------------------------------
# R's null deviance is of the model with an intercept and the offset.

fit <- fit_logit(low ~ age + lwt + race + smoke + offset(z), lbw)
new_data <- cbind(lbw_new, z = c(0, 0.5, -0.25, 1, 0, 0))
new_data$lwt[6] <- 130
new_data$z[6] <- NA
write_reference("lbw_offset", "lbw_weights.R", "glm(low ~ age + lwt + race + smoke + offset(z), family = binomial)",
  list(
    model = describe_model(fit, paste(rhs, "+ offset(z)"), LBW_FILE,
      event = 1L, response = "low", offset = "z", columns = lbw["z"],
      design_formula = sub("^[^~]*~ *", "", rhs)
    ),
    fit = describe_fit(fit, new_data, spelling = RACE)
  )
)
