# Models of ordered outcomes: ordinal::clm, MASS::polr and VGAM, each compared with a likelihood written out here.
#
# Two JSON files, ordinal/cumulative.json and ordinal/adjacent.json. `tables` holds counts by cell; each of `fits` says which
# table, the terms, `link`, which terms are `nominal`, and holds coefficients in one order: thresholds, proportional terms,
# nominal terms by threshold; with P(Y <= k) = F(threshold_k - x'b - z'g_k), or log p_{k+1} / p_k = a_k + x'b + z'g_k. vcov is by
# the observed information, vcov_expected by the expected. Signs of nominal terms of clm, and of all terms of VGAM's
# cumulative(), are turned here.

source(file.path("tests", "references", "link_parts.R"), local = TRUE)

# ---- tables --------------------------------------------------------------------------------------------------------------

# Randall, J. H. (1989) The analysis of sensory data by generalised linear model. Biometrical Journal 31, 781-793.
wine <- data.frame(temp = c("cold", "cold", "warm", "warm"), contact = c("no", "yes", "no", "yes"))
wine_counts <- rbind(c(4, 9, 5, 0, 0), c(1, 7, 8, 2, 0), c(0, 5, 8, 3, 2), c(0, 1, 5, 7, 5))
# McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, section 5.6: additives in cheese.
cheese <- data.frame(additive = c("a", "b", "c", "d"))
cheese_counts <- rbind(
  c(0, 0, 1, 7, 8, 8, 19, 8, 1), c(6, 9, 12, 11, 7, 6, 1, 0, 0), c(1, 1, 6, 8, 23, 7, 5, 1, 0), c(0, 0, 0, 1, 3, 7, 14, 16, 11)
)
cheese$additive <- factor(cheese$additive, levels = c("d", "a", "b", "c"))
homes <- read_data(file.path(REFERENCES, "data", "housing.csv"))
homes <- reshape(homes, idvar = c("Infl", "Type", "Cont"), timevar = "Sat", direction = "wide")
housing_counts <- as.matrix(homes[paste0("Freq.", c("Low", "Medium", "High"))])
# The base first, then the others as Python sorts them.
homes$Infl <- factor(homes$Infl, levels = c("Low", "High", "Medium"))
homes$Type <- factor(homes$Type, levels = c("Tower", "Apartment", "Atrium", "Terrace"))
homes$Cont <- factor(homes$Cont, levels = c("Low", "High"))
students <- read_data(file.path(REFERENCES, "data", "ologit.csv"))
likely <- c("unlikely", "somewhat likely", "very likely")
student_counts <- vapply(likely, function(k) as.numeric(students$apply == k), numeric(nrow(students)))

data_of <- list(
  wine = list(frame = wine, counts = wine_counts, outcomes = as.character(1:5)),
  cheese = list(frame = cheese, counts = cheese_counts, outcomes = as.character(1:9)),
  housing = list(frame = homes[c("Infl", "Type", "Cont")], counts = unname(housing_counts), outcomes = c("Low", "Medium", "High")),
  students = list(frame = students[c("pared", "public", "gpa")], counts = unname(student_counts), outcomes = likely)
)

# ---- the likelihood ------------------------------------------------------------------------------------------------------

# Slopes (cells x m) and curvatures (cells x m x m) of -log likelihood by the linear predictors, observed or expected.
cumulative <- function(link) function(eta, counts, expected) {
  m <- ncol(eta)
  tails <- lapply(seq_len(m), function(k) parts(link, eta[, k]))
  column <- function(name) vapply(tails, function(t) t[[name]], numeric(nrow(eta)))
  f <- column("d")
  b <- column("b")
  below <- cbind(0, matrix(column("f"), ncol = m), 1)
  above <- cbind(1, matrix(column("s"), ncol = m), 0)
  p <- ifelse(below[, -1] < above[, -(m + 2)], below[, -1] - below[, -(m + 2)], above[, -(m + 2)] - above[, -1])
  f <- matrix(f, ncol = m)
  b <- matrix(b, ncol = m)
  y <- counts
  slope <- f * (y[, -1, drop = FALSE] / p[, -1, drop = FALSE] - y[, -(m + 1), drop = FALSE] / p[, -(m + 1), drop = FALSE])
  if (expected) y <- rowSums(counts) * p
  curvature <- array(0, c(nrow(eta), m, m))
  for (k in seq_len(m)) {
    curvature[, k, k] <- y[, k] * (f[, k] / p[, k])^2 + y[, k + 1] * (f[, k] / p[, k + 1])^2 -
      b[, k] * (y[, k] / p[, k] - y[, k + 1] / p[, k + 1])
    if (k < m) {
      curvature[, k, k + 1] <- curvature[, k + 1, k] <- -y[, k + 1] * f[, k] * f[, k + 1] / p[, k + 1]^2
    }
  }
  list(p = p, slope = slope, curvature = curvature)
}

adjacent <- function(eta, counts, expected) {
  m <- ncol(eta)
  logits <- cbind(0, t(apply(eta, 1, cumsum)))
  e <- exp(logits - apply(logits, 1, max))
  p <- e / rowSums(e)
  total <- rowSums(counts)
  # eta_k is in the logits of outcomes k + 1 and above.
  reversed <- function(x) t(apply(x[, -1, drop = FALSE], 1, function(r) rev(cumsum(rev(r)))))
  upper <- matrix(reversed(p), ncol = m)
  slope <- total * upper - matrix(reversed(counts), ncol = m)
  curvature <- array(0, c(nrow(eta), m, m))
  for (k in seq_len(m)) for (l in seq_len(m)) {
    curvature[, k, l] <- total * (upper[, max(k, l)] - upper[, k] * upper[, l])
  }
  list(p = p, slope = slope, curvature = curvature)
}

sums <- function(family, theta, D, counts, expected) {
  m <- length(D)
  eta <- vapply(D, function(d) drop(d %*% theta), numeric(nrow(counts)))
  found <- family(matrix(eta, ncol = m), counts, expected)
  gradient <- Reduce(`+`, lapply(seq_len(m), function(k) drop(crossprod(D[[k]], found$slope[, k]))))
  information <- matrix(0, length(theta), length(theta))
  for (k in seq_len(m)) for (l in seq_len(m)) {
    information <- information + crossprod(D[[k]], found$curvature[, k, l] * D[[l]])
  }
  loglik <- sum(ifelse(counts > 0, counts * log(found$p), 0))
  list(p = found$p, gradient = gradient, information = information, loglik = loglik)
}

# Newton steps from where another program stopped.
polish <- function(family, theta, D, counts, passes = 8) {
  for (pass in seq_len(passes)) {
    here <- sums(family, theta, D, counts, FALSE)
    theta <- theta - solve(here$information, here$gradient)
  }
  observed <- sums(family, theta, D, counts, FALSE)
  expected <- sums(family, theta, D, counts, TRUE)
  stopifnot(sum(observed$gradient * solve(observed$information, observed$gradient)) < 1e-20)
  list(
    theta = theta, vcov = solve(observed$information), vcov_expected = solve(expected$information), loglik = observed$loglik,
    p = observed$p
  )
}

# The design of each linear predictor: thresholds, proportional terms, nominal terms by threshold; `sign` of the terms.
designs <- function(frame, terms, nominal, m, sign) {
  columns <- function(formula) if (is.null(formula)) NULL else model.matrix(formula, frame)[, -1, drop = FALSE]
  X <- columns(terms)
  Z <- columns(nominal)
  lapply(seq_len(m), function(k) {
    intercepts <- matrix(0, nrow(frame), m)
    intercepts[, k] <- 1
    own <- if (is.null(Z)) NULL else {
      block <- matrix(0, nrow(frame), m * ncol(Z))
      block[, (k - 1) * ncol(Z) + seq_len(ncol(Z))] <- Z
      block
    }
    cbind(intercepts, sign * X, sign * own)
  })
}

labels_of <- function(frame, terms, nominal, outcomes) {
  m <- length(outcomes) - 1
  columns <- function(formula) if (is.null(formula)) character() else colnames(model.matrix(formula, frame))[-1]
  cuts <- paste(outcomes[seq_len(m)], outcomes[-1], sep = "|")
  own <- columns(nominal)
  c(cuts, columns(terms), if (length(own)) paste(rep(cuts, each = length(own)), rep(own, m), sep = ":"))
}

# One fit. `terms` and `nominal`: one-sided formulas of R; `formula` and `nominal_words`: for logitkit.
describe <- function(table, formula, terms, nominal = NULL, link = "logit", model = "cumulative", nominal_words = NULL) {
  given <- data_of[[table]]
  frame <- given$frame
  counts <- given$counts
  m <- ncol(counts) - 1
  is_cumulative <- model == "cumulative"
  family <- if (is_cumulative) cumulative(link) else adjacent
  D <- designs(frame, terms, nominal, m, if (is_cumulative) -1 else 1)
  cells <- frame[rep(seq_len(nrow(frame)), ncol(counts)), , drop = FALSE]
  cells$outcome <- factor(rep(seq_len(ncol(counts)), each = nrow(frame)), ordered = TRUE)
  cells$number <- as.vector(counts)
  cells <- cells[cells$number > 0, ]
  n_slopes <- ncol(D[[1]]) - m
  n_nominal <- if (is.null(nominal)) 0 else n_slopes - (if (is.null(terms)) 0 else ncol(model.matrix(terms, frame)) - 1)

  # Another program: coefficients and covariance in the order and with the signs of this file.
  compared <- character()
  check <- function(name, theta, V, against, room = 1) {
    error <- sqrt(diag(against))
    off <- max(abs(theta - found$theta) / error)
    spread <- if (is.null(V)) 0 else max(abs(V - against) / outer(error, error))
    if (off > 1e-5 * room || spread > 1e-4 * room) stop(paste(table, link, name, off, spread))
    compared <<- c(compared, name)
  }
  start <- {
    share <- cumsum(colSums(counts))[seq_len(m)] / sum(counts)
    first <- if (is_cumulative) {
      switch(link, logit = qlogis(share), probit = qnorm(share), cloglog = log(-log1p(-share)), loglog = -log(-log(share)),
        cauchit = qcauchy(share))
    } else log(colSums(counts)[-1] / colSums(counts)[-(m + 1)])
    c(first, rep(0, n_slopes))
  }
  scoring <- function(theta) {
    for (pass in 1:200) {
      here <- sums(family, theta, D, counts, TRUE)
      step <- solve(here$information, here$gradient)
      half <- 1
      repeat {
        there <- suppressWarnings(sums(family, theta - half * step, D, counts, FALSE))
        if (is.finite(there$loglik) && there$loglik >= here$loglik - 1e-12) break
        half <- half / 2
        if (half < 1e-12) break
      }
      theta <- theta - half * step
      if (sum(step * here$gradient) < 1e-16) break
    }
    theta
  }
  found <- polish(family, scoring(start), D, counts)
  names <- labels_of(frame, terms, nominal, given$outcomes)

  if (is_cumulative) {
    response <- if (is.null(terms)) outcome ~ 1 else reformulate(attr(terms(terms), "term.labels"), "outcome")
    fit <- expecting("correct decimals|convergence criterion", if (is.null(nominal)) {
      ordinal::clm(response, data = cells, weights = number, link = link, control = ordinal::clm.control(gradTol = 1e-10, relTol = 1e-14, maxIter = 200))
    } else {
      eval(bquote(ordinal::clm(.(response), nominal = .(nominal), data = cells, weights = number, link = link,
        control = ordinal::clm.control(gradTol = 1e-10, relTol = 1e-14, maxIter = 200))))
    })
    # clm: thresholds and nominal terms by column of the nominal design, thresholds within; then the other terms.
    alpha <- matrix(fit$alpha, nrow = m)
    theta <- c(alpha[, 1], fit$beta, if (n_nominal) -as.vector(t(alpha[, -1])))
    place <- matrix(seq_along(fit$alpha), nrow = m)
    order <- c(place[, 1], length(fit$alpha) + seq_along(fit$beta), if (n_nominal) as.vector(t(place[, -1])))
    signs <- c(rep(1, m), rep(1, length(fit$beta)), rep(-1, n_nominal))
    # clm() puts the outer thresholds at -1e5 and 1e5, beyond which a Cauchy distribution still has 6e-6.
    room <- if (link == "cauchit") 100 else 1
    check("ordinal::clm", theta, vcov(fit)[order, order] * outer(signs, signs), found$vcov, room)
    # polr() cuts at -100 and 100, which shows with a Cauchy distribution.
    if (is.null(nominal) && !link %in% c("loglog", "cauchit")) {
      other <- MASS::polr(response, data = cells, weights = number, Hess = TRUE, method = if (link == "logit") "logistic" else link,
        control = list(reltol = 1e-16, maxit = 1000), start = c(fit$beta, fit$alpha))
      off <- max(abs(c(other$zeta, coef(other)) - found$theta) / sqrt(diag(found$vcov)))
      stopifnot(off < 1e-2) # optim() stops early
      compared <- c(compared, "MASS::polr (1e-2 standard errors)")
    }
  }
  if (link != "loglog" && table != "students" || !is_cumulative) {
    right <- c(attr(terms(if (is.null(terms)) ~1 else terms), "term.labels"), if (!is.null(nominal)) attr(terms(nominal), "term.labels"))
    free <- if (is.null(nominal)) "TRUE" else paste("FALSE ~ 1 +", paste(attr(terms(nominal), "term.labels"), collapse = " + "))
    parallel <- eval(parse(text = free))
    words <- c(logit = "logitlink", probit = "probitlink", cloglog = "clogloglink", cauchit = "cauchitlink")
    vfamily <- if (is_cumulative) {
      eval(bquote(VGAM::cumulative(link = .(words[[link]]), parallel = .(parallel))))
    } else {
      eval(bquote(VGAM::acat(reverse = FALSE, parallel = .(parallel))))
    }
    number <- counts
    vformula <- reformulate(right, "number")
    environment(vformula) <- environment()
    fit <- tryCatch(
      expecting("diagonal elements|fitted values close|half-step|convergence not obtained|iterations terminated", VGAM::vglm(vformula,
        vfamily, data = frame, epsilon = 1e-12, maxit = 200, etastart = matrix(vapply(D, function(d) drop(d %*% found$theta),
        numeric(nrow(frame))), ncol = m))), error = function(e) NULL
    )
    if (!is.null(fit)) {
      names_v <- names(VGAM::coef(fit))
      own <- paste0("(Intercept):", seq_len(m))
      proportional <- if (is.null(terms)) character() else colnames(model.matrix(terms, frame))[-1]
      free_names <- if (is.null(nominal)) character() else colnames(model.matrix(nominal, frame))[-1]
      order <- match(c(own, proportional, as.vector(t(outer(free_names, seq_len(m), paste, sep = ":")))[
        as.vector(t(matrix(seq_len(m * length(free_names)), nrow = m)))]), names_v)
      signs <- c(rep(1, m), rep(if (is_cumulative) -1 else 1, n_slopes))
      check("VGAM::vglm", (VGAM::coef(fit)[order]) * signs, VGAM::vcov(fit)[order, order] * outer(signs, signs), found$vcov_expected)
    } else cat("no VGAM:", table, link, "\n")
  }
  constant <- sum(lgamma(rowSums(counts) + 1) - rowSums(lgamma(counts + 1)))
  null <- sum(colSums(counts) * log(colSums(counts) / sum(counts)))
  shown <- seq_len(min(24, nrow(frame)))
  list(
    model = model, link = link, table = table, formula = formula, nominal = nominal_words, outcomes = I(given$outcomes),
    names_r = I(names), coef = numbers(found$theta), std_error = numbers(sqrt(diag(found$vcov))), vcov = plain_matrix(found$vcov),
    vcov_expected = plain_matrix(found$vcov_expected), n_params = length(found$theta), loglik = found$loglik, null_loglik = null,
    constant = constant, fitted = plain_matrix(found$p[shown, , drop = FALSE]), compared = I(compared)
  )
}

# Tests of proportional odds of some terms: the larger model has them nominal. Score by expected and observed information.
proportional_test <- function(table, terms, nominal, keep = NULL, link = "logit", wald = TRUE) {
  given <- data_of[[table]]
  m <- ncol(given$counts) - 1
  family <- cumulative(link)
  small <- designs(given$frame, terms, NULL, m, -1)
  large <- designs(given$frame, keep, nominal, m, -1)
  share <- cumsum(colSums(given$counts))[seq_len(m)] / sum(given$counts)
  theta <- c(switch(link, logit = qlogis(share), probit = qnorm(share)), rep(0, ncol(small[[1]]) - m))
  for (pass in 1:60) {
    here <- sums(family, theta, small, given$counts, TRUE)
    theta <- theta - solve(here$information, here$gradient)
  }
  restricted <- polish(family, theta, small, given$counts)
  # The restricted estimate as a point of the larger model: columns of `keep` first, those of `nominal` at each threshold.
  X <- colnames(model.matrix(terms, given$frame))[-1]
  kept <- if (is.null(keep)) character() else colnames(model.matrix(keep, given$frame))[-1]
  freed <- colnames(model.matrix(nominal, given$frame))[-1]
  slopes <- setNames(restricted$theta[-seq_len(m)], X)
  point <- c(restricted$theta[seq_len(m)], slopes[kept], rep(slopes[freed], m))
  score <- vapply(c(expected = TRUE, observed = FALSE), function(expected) {
    here <- sums(family, unname(point), large, given$counts, expected)
    # Observed information is singular where a cell has neither outcome beside a threshold: SAS takes a generalised inverse.
    sum(here$gradient * MASS::ginv(here$information) %*% here$gradient)
  }, 0)
  out <- list(dof = (m - 1) * length(freed), score_expected = score[["expected"]], score_observed = score[["observed"]])
  if (wald) {
    theta <- unname(point)
    for (pass in 1:100) {
      here <- sums(family, theta, large, given$counts, TRUE)
      theta <- theta - 0.7 * solve(here$information, here$gradient)
    }
    full <- polish(family, theta, large, given$counts)
    first <- m + length(kept)
    R <- do.call(rbind, lapply(2:m, function(k) {
      block <- matrix(0, length(freed), length(theta))
      for (j in seq_along(freed)) {
        block[j, first + (k - 1) * length(freed) + j] <- 1
        block[j, first + j] <- -1
      }
      block
    }))
    gap <- drop(R %*% full$theta)
    out$likelihood_ratio <- 2 * (full$loglik - restricted$loglik)
    out$wald_observed <- sum(gap * solve(R %*% full$vcov %*% t(R), gap))
    out$wald_expected <- sum(gap * solve(R %*% full$vcov_expected %*% t(R), gap))
  }
  out
}

# ---- the fits ------------------------------------------------------------------------------------------------------------

all <- c("logit", "probit", "cloglog", "loglog", "cauchit")
# Python sorts the additives; the base is the last.
additive <- "C(additive, contr.treatment('d'))"
homes_words <- "C(Infl, contr.treatment('Low')) + C(Type, contr.treatment('Tower')) + C(Cont, contr.treatment('Low'))"
proportional <- function(table, formula, terms, links) lapply(setNames(links, paste(table, links, sep = "_")), function(link) {
  describe(table, formula, terms, link = link)
})
housing_cont <- function(link, model = "cumulative") {
  describe("housing", "C(Infl, contr.treatment('Low')) + C(Type, contr.treatment('Tower'))", ~ Infl + Type, ~Cont, link, model,
    nominal_words = "C(Cont, contr.treatment('Low'))")
}
fits <- c(
  proportional("wine", "temp + contact", ~ temp + contact, all),
  proportional("housing", homes_words, ~ Infl + Type + Cont, all),
  proportional("cheese", additive, ~additive, c("logit", "probit")),
  proportional("students", "pared + public + gpa", ~ pared + public + gpa, c("logit", "probit")),
  list(
    wine_contact = describe("wine", "temp", ~temp, ~contact, nominal_words = "contact"),
    wine_contact_probit = describe("wine", "temp", ~temp, ~contact, "probit", nominal_words = "contact"),
    housing_cont = describe("housing", "C(Infl, contr.treatment('Low')) + C(Type, contr.treatment('Tower'))", ~ Infl + Type, ~Cont,
      nominal_words = "C(Cont, contr.treatment('Low'))"),
    housing_nominal = describe("housing", "1", NULL, ~ Infl + Type + Cont, nominal_words = homes_words),
    housing_cont_probit = housing_cont("probit"),
    housing_cont_cloglog = housing_cont("cloglog"),
    housing_cont_loglog = housing_cont("loglog"),
    housing_cont_cauchit = housing_cont("cauchit"),
    students_public = describe("students", "pared + gpa", ~ pared + gpa, ~public, nominal_words = "public")
  )
)
tests <- list(
  cheese = proportional_test("cheese", ~additive, ~additive, wald = FALSE),
  students = proportional_test("students", ~ pared + public + gpa, ~ pared + public + gpa),
  students_public = proportional_test("students", ~ pared + public + gpa, ~public, ~ pared + gpa),
  housing = proportional_test("housing", ~ Infl + Type + Cont, ~ Infl + Type + Cont),
  housing_cont = proportional_test("housing", ~ Infl + Type + Cont, ~Cont, ~ Infl + Type),
  wine_contact = proportional_test("wine", ~ temp + contact, ~contact, ~temp)
)
# Warm wine is never of the first rating: with temp nominal a threshold is infinite, and clm() stops near the limit.
limit <- expecting("not uniquely determined|correct decimals|criterion|extremely large|Hessian", ordinal::clm(
  outcome ~ contact, nominal = ~temp, weights = number,
  data = cbind(wine[rep(1:4, 5), ], outcome = factor(rep(1:5, each = 4)), number = as.vector(wine_counts)),
  subset = number > 0, control = ordinal::clm.control(gradTol = 1e-10, maxIter = 200)
))
tests$wine_temp <- list(dof = 3, likelihood_ratio = 2 * (as.numeric(logLik(limit)) - fits$wine_logit$loglik))
adjacents <- list(
  wine = describe("wine", "temp + contact", ~ temp + contact, model = "adjacent"),
  wine_contact = describe("wine", "temp", ~temp, ~contact, model = "adjacent", nominal_words = "contact"),
  housing = describe("housing", homes_words, ~ Infl + Type + Cont, model = "adjacent"),
  housing_cont = describe("housing", "C(Infl, contr.treatment('Low')) + C(Type, contr.treatment('Tower'))", ~ Infl + Type, ~Cont,
    model = "adjacent", nominal_words = "C(Cont, contr.treatment('Low'))"),
  housing_nominal = describe("housing", "1", NULL, ~ Infl + Type + Cont, model = "adjacent", nominal_words = homes_words),
  cheese = describe("cheese", additive, ~additive, model = "adjacent"),
  students = describe("students", "pared + public + gpa", ~ pared + public + gpa, model = "adjacent")
)
frames <- lapply(data_of[c("wine", "cheese", "housing")], function(given) {
  c(lapply(given$frame, function(x) I(as.character(x))), list(outcomes = I(given$outcomes), counts = unname(given$counts)))
})
passes <- "other programs at tight tolerances, then Newton steps to a squared decrement below 1e-20"
write_reference("ordinal/cumulative", "ordinal.R", "ordinal::clm, MASS::polr and VGAM::vglm(cumulative) against the likelihood written out",
  list(tables = frames, fits = fits, tests = tests), packages = c("ordinal", "MASS", "VGAM"), passes = passes)
write_reference("ordinal/adjacent", "ordinal.R", "VGAM::vglm(acat(reverse = FALSE)) against the likelihood written out",
  list(tables = frames, fits = adjacents), packages = "VGAM", passes = passes)
