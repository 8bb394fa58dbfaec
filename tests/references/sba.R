# The training window of the SBA loans: approvals of FY2001 to FY2006, columns known at approval only.
#
# Sector 55 (management of companies: 7 loans, no default) is left out, because it would separate. With those rows kept the
# maximum of the likelihood is at minus infinity for sector 55, and every number below but those that count rows stays.
#
# Needs Python with pandas and pyarrow to unpack the Parquet file: the interpreter named by the environment variable PYTHON,
# else .venv/bin/python.

DATA <- "datasets/sba_loans.parquet"
ROWS <- "2001 <= approval_fy <= 2006 and sector != '55'" # in the words of pandas' DataFrame.query
unpacked <- tempfile(fileext = ".csv")
python <- Sys.getenv("PYTHON", file.path(".venv", "bin", "python"))
# R's own library path must not reach Python, which would load R's system libraries
stopifnot(system2(python, c(file.path(REFERENCES, "export_sba.py"), shQuote(ROWS), unpacked), env = "LD_LIBRARY_PATH=") == 0)
loans <- read_data(unpacked)
unlink(unpacked)

fit <- fit_logit(
  default ~ log(gross_approved) + log(employees + 1) + new_business + urban_rural + sector + factor(approval_fy), loans
)
stopifnot(!anyNA(coef(fit)))

new_data <- data.frame(
  gross_approved = c(5000, 50000, 750000, 120000), employees = c(1, 4, 60, 0),
  new_business = factor(c("new", "existing", "existing", NA), levels = levels(loans$new_business)),
  urban_rural = factor(c("urban", "rural", "undefined", "urban"), levels = levels(loans$urban_rural)),
  sector = factor(c("72", "44-45", "62", "23"), levels = levels(loans$sector)), approval_fy = c(2001, 2003, 2006, 2004)
)

# n-vectors are stored as their first rows and three moments: sum, sum of squares, sum weighted by the row number / n
condensed <- function(x) {
  x <- as.numeric(x)
  list(
    first = numbers(head(x, 50)), sum = sum(x), sum_of_squares = sum(x^2), weighted_sum = sum(x * seq_along(x)) / length(x)
  )
}
described <- describe_fit(fit, new_data, spelling = c("factor(approval_fy)" = "C(approval_fy)"))
long <- function(x) is.numeric(x) && !is.matrix(x) && length(x) == nobs(fit)
condense_all <- function(x) if (is.list(x)) lapply(x, condense_all) else if (long(x)) condensed(x) else x
described <- condense_all(described)

model <- describe_model(fit, paste(
  "default ~ log(gross_approved) + log(employees + 1) + new_business + urban_rural + sector + C(approval_fy)"
), DATA, event = 1L, response = "default", rows = ROWS)

write_reference("sba", "sba.R",
  "glm(default ~ ..., family = binomial, subset = FY 2001 to 2006 without sector 55, na.action = na.omit)",
  list(model = model, fit = described)
)
