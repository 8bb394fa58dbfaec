# Shared by every script here: reading data, fitting, naming, describing a fit, writing JSON.
#
# Run from the repository root:  Rscript tests/references/make_all.R
# Nothing below depends on the date, on a random seed or on the locale of the machine.

invisible(Sys.setlocale("LC_COLLATE", "C")) # factor levels sort as Python sorts them
options(warn = 2, digits = 17) # a warning stops the run; those that R must give are muffled by name

REFERENCES <- file.path("tests", "references")

# ---- data ----------------------------------------------------------------------------------------------------------

# Text columns become factors with sorted levels; an empty cell is a missing value.
read_data <- function(path) {
  read.csv(path, stringsAsFactors = TRUE, na.strings = c("", "NA"), check.names = FALSE)
}

# The outcome as a factor whose second level is the event, which is how R's binomial family reads a factor.
outcome <- function(x, event) {
  levels <- levels(factor(x))
  stopifnot(length(levels) == 2, event %in% levels)
  factor(x, levels = c(setdiff(levels, event), event))
}

# ---- fitting -------------------------------------------------------------------------------------------------------

# glm() with its default control, then again three times from the coefficients just found; `weights` names a column.
#
# This in place of a tight `epsilon`, for two reasons. glm.fit() takes min(1e-7, epsilon / 1000) as the tolerance of its rank
# decision, so at 1e-14 a copied column is not seen as aliased. And the working weights of a glm, from which vcov, hat values
# and package sandwich are computed, are those before the last step: right to the square root of the precision of the
# coefficients. Restarted at the optimum, Newton's quadratic convergence makes both exact.
fit_logit <- function(formula, data, weights = NULL) {
  weights <- if (!is.null(weights)) as.name(weights)
  start <- NULL
  for (pass in 1:4) {
    fit <- eval(bquote(
      glm(formula, family = binomial(link = "logit"), data = data, weights = .(weights), start = start)
    ))
    start <- ifelse(is.na(coef(fit)), 0, coef(fit))
  }
  stopifnot(fit$converged, !fit$boundary, newton_decrement(fit) < 1e-20)
  fit
}

# g' V g with g the gradient of the log-likelihood over the columns that R kept: the squared distance to the optimum in
# standard errors.
newton_decrement <- function(fit) {
  kept <- !is.na(coef(fit))
  X <- model.matrix(fit)[, kept, drop = FALSE]
  gradient <- crossprod(X, fit$prior.weights * (fit$y - fitted(fit)))
  drop(crossprod(gradient, vcov(fit)[kept, kept, drop = FALSE] %*% gradient))
}

# Evaluate `expression`; let warnings that match `pattern` pass in silence, and only those.
expecting <- function(pattern, expression) {
  withCallingHandlers(expression, warning = function(w) {
    if (grepl(pattern, conditionMessage(w))) invokeRestart("muffleWarning")
  })
}

# ---- names ---------------------------------------------------------------------------------------------------------

# R's coefficient names in formulaic's spelling. `spelling` maps an R variable, where it differs, to the formulaic factor.
# A factor coded by all its levels is spelled "race[black]", by contrasts "race[T.black]": R marks the first with a 2 in the
# matrix of factors and terms, except the leading factor of a model without intercept, which `full` names.
formulaic_names <- function(fit, spelling = character(), full = character()) {
  marks <- attr(terms(fit), "factors")
  spelled <- function(v) if (v %in% names(spelling)) spelling[[v]] else v
  piece <- function(part, term) {
    for (v in rownames(marks)[marks[, term] > 0]) {
      rest <- substring(part, nchar(v) + 1)
      if (part == v) return(spelled(v))
      if (startsWith(part, v) && rest %in% fit$xlevels[[v]]) {
        return(paste0(spelled(v), if (marks[v, term] == 2 || v %in% full) "[" else "[T.", rest, "]"))
      }
      if (startsWith(part, v) && grepl("^[0-9]+$", rest)) return(paste0(spelled(v), "[", rest, "]"))
    }
    stop("no formulaic spelling for the coefficient ", part)
  }
  whole <- function(name, term) {
    if (term == 0) return("Intercept")
    paste(vapply(strsplit(name, ":", fixed = TRUE)[[1]], piece, "", term = term), collapse = ":")
  }
  unname(mapply(whole, names(coef(fit)), attr(model.matrix(fit), "assign")))
}

# ---- describing a fit ----------------------------------------------------------------------------------------------

numbers <- function(x) I(as.numeric(x)) # always an array in the JSON, of whatever length
plain_matrix <- function(x) unname(as.matrix(x))

# The binomial log-likelihood with the weights as they are given. R's own logLik() rounds w * y to whole numbers, so the two
# part when weights are not whole.
loglik_as_weighted <- function(fit) {
  if (!is.null(fit$grouped_totals)) return(as.numeric(logLik(fit)))
  eta <- fit$linear.predictors
  -sum(fit$prior.weights * ifelse(fit$y == 1, log1p(exp(-eta)), log1p(exp(eta))))
}

# Everything that the tests compare. `new_data`: a data frame of rows to predict, `...`: to formulaic_names().
describe_fit <- function(fit, new_data = NULL, ...) {
  table <- coef(summary(fit, dispersion = 1))
  estimated <- match(names(coef(fit)), rownames(table)) # NA where R left an aliased column out
  link <- predict(fit, type = "link", se.fit = TRUE)
  response <- predict(fit, type = "response", se.fit = TRUE)
  stopifnot(all(link$fit == fit$linear.predictors), all(response$fit == fitted(fit))) # so they are stored once
  out <- list(
    names = I(formulaic_names(fit, ...)),
    names_r = I(names(coef(fit))),
    coef = numbers(coef(fit)),
    std_error = numbers(table[estimated, "Std. Error"]),
    statistic = numbers(table[estimated, "z value"]),
    p_value = numbers(table[estimated, "Pr(>|z|)"]),
    vcov = plain_matrix(vcov(fit)),
    rank = fit$rank,
    n_obs = nobs(fit),
    sum_weights = sum(fit$prior.weights),
    dof_residual = df.residual(fit),
    dof_null = fit$df.null,
    loglik = loglik_as_weighted(fit),
    deviance = deviance(fit),
    null_deviance = fit$null.deviance,
    aic = AIC(fit),
    bic = BIC(fit),
    pearson_chi2 = sum(residuals(fit, "pearson")^2),
    y = numbers(fit$y),
    prior_weights = numbers(fit$prior.weights),
    fitted = numbers(fitted(fit)),
    linear_predictor = numbers(fit$linear.predictors),
    residuals = list(
      response = numbers(residuals(fit, "response")),
      pearson = numbers(residuals(fit, "pearson")),
      deviance = numbers(residuals(fit, "deviance")),
      working = numbers(residuals(fit, "working"))
    ),
    leverage = numbers(hatvalues(fit)),
    cooks_distance = numbers(cooks.distance(fit)),
    standardized_residuals = list(
      deviance = numbers(rstandard(fit, type = "deviance")),
      pearson = numbers(rstandard(fit, type = "pearson"))
    ),
    predictions = list(link_se = numbers(link$se.fit), response_se = numbers(response$se.fit))
  )
  if (!is.null(new_data)) out$new <- describe_predictions(fit, new_data)
  out
}

# The totals of a fit that do not belong to a row.
describe_totals <- function(fit) {
  list(
    n_obs = nobs(fit), dof_residual = df.residual(fit), dof_null = fit$df.null, loglik = as.numeric(logLik(fit)),
    deviance = deviance(fit), null_deviance = fit$null.deviance, aic = AIC(fit), bic = BIC(fit)
  )
}

# Residuals and influence of some rows of a fit.
describe_rows <- function(fit, rows) {
  of <- function(kind) numbers(residuals(fit, kind)[rows])
  list(
    residuals = list(
      response = of("response"), pearson = of("pearson"), deviance = of("deviance"), working = of("working")
    ),
    leverage = numbers(hatvalues(fit)[rows]),
    cooks_distance = numbers(cooks.distance(fit)[rows]),
    standardized_residuals = list(
      deviance = numbers(rstandard(fit, type = "deviance")[rows]),
      pearson = numbers(rstandard(fit, type = "pearson")[rows])
    )
  )
}

# Predictions for new rows; a row with a missing cell predicts a missing value.
describe_predictions <- function(fit, new_data) {
  new_data <- new_data[intersect(names(new_data), all.vars(formula(fit)))]
  link <- predict(fit, new_data, type = "link", se.fit = TRUE)
  response <- predict(fit, new_data, type = "response", se.fit = TRUE)
  list(
    data = lapply(new_data, function(x) if (is.factor(x)) I(as.character(x)) else numbers(x)),
    link = numbers(link$fit), link_se = numbers(link$se.fit),
    response = numbers(response$fit), response_se = numbers(response$se.fit)
  )
}

# What the fit is of. `formula`: for logitkit; `design_formula`: the right-hand side that formulaic alone can read.
# `columns`: named vectors to be added to the data file before the formula is read, one value per row of the file.
describe_model <- function(fit, formula, data_file, event, response, design_formula = sub("^[^~]*~ *", "", formula),
                           weights = NULL, weight_kind = NULL, offset = NULL, columns = list(), rows = NULL) {
  kept <- setdiff(seq_len(length(fit$y) + length(fit$na.action)), fit$na.action)
  list(
    formula = formula, design_formula = design_formula,
    formula_r = paste(deparse(formula(fit), width.cutoff = 500), collapse = " "),
    response = I(response), event = event,
    weights = weights, weight_kind = weight_kind, offset = offset,
    data_file = data_file, rows = rows,
    columns = lapply(columns, function(x) if (is.numeric(x)) numbers(x) else I(as.character(x))),
    n_dropped = length(fit$na.action),
    dropped_rows = I(as.integer(fit$na.action) - 1L),
    n_rows = length(kept) + length(fit$na.action),
    newton_decrement = newton_decrement(fit)
  )
}

# ---- writing -------------------------------------------------------------------------------------------------------

# JSON with 17 significant digits, which jsonlite does not write (it stops at 15). NaN, Infinity and -Infinity, which JSON
# lacks, are written as those words in quotes. Vectors of length one are scalars unless wrapped in I().
as_json <- function(x, indent = "") {
  inner <- paste0(indent, "  ")
  if (is.null(x)) return("null")
  if (is.matrix(x)) {
    rows <- vapply(seq_len(nrow(x)), function(i) as_json(I(x[i, ])), "")
    return(paste0("[\n", inner, paste(rows, collapse = paste0(",\n", inner)), "\n", indent, "]"))
  }
  if (is.list(x)) {
    body <- vapply(x, as_json, "", indent = inner)
    keyed <- !is.null(names(x)) || length(x) == 0
    if (length(x) == 0) return("{}")
    if (keyed) body <- paste0(json_string(names(x)), ": ", body)
    ends <- if (keyed) c("{", "}") else c("[", "]")
    return(paste0(ends[1], "\n", inner, paste(body, collapse = paste0(",\n", inner)), "\n", indent, ends[2]))
  }
  is_array <- inherits(x, "AsIs") || length(x) != 1
  x <- unclass(x)
  cells <- if (is.logical(x)) tolower(as.character(x)) else if (is.character(x)) json_string(x) else json_number(x)
  if (is_array) paste0("[", paste(cells, collapse = ", "), "]") else unname(cells)
}

json_string <- function(x) vapply(x, function(s) {
  if (is.na(s)) "null" else as.character(jsonlite::toJSON(jsonlite::unbox(s)))
}, "", USE.NAMES = FALSE)

json_number <- function(x) {
  if (length(x) == 0) return(character())
  out <- sprintf("%.17g", as.numeric(x))
  out[is.na(x)] <- "\"NaN\""
  out[is.infinite(x)] <- ifelse(x[is.infinite(x)] > 0, "\"Infinity\"", "\"-Infinity\"")
  out
}

# Write tests/references/<name>.json: a header without a date, then the parts of `body`. `call`: the R call in words.
write_reference <- function(name, script, call, body, packages = character(),
                            passes = "glm() at its default control, restarted three times at its own optimum") {
  versions <- lapply(stats::setNames(nm = c("stats", packages)), function(p) as.character(packageVersion(p)))
  header <- list(
    reference = name, made_by = file.path(REFERENCES, script), r_version = R.version.string, packages = versions,
    call = call, passes = passes, digits = 17L
  )
  text <- as_json(c(list(header = header), body))
  writeLines(text, file.path(REFERENCES, paste0(name, ".json")), useBytes = TRUE)
  cat(sprintf("%-22s %8.0f bytes\n", name, nchar(text)))
}
