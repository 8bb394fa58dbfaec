# The low birth weight table (Hosmer & Lemeshow 1989) as the lbw scripts share it: `lbw`, with white as the base of race.

LBW_FILE <- "datasets/lbw.csv"
lbw <- read_data(LBW_FILE)
stopifnot(nrow(lbw) == 189, sum(lbw$low) == 59)
lbw$race <- relevel(lbw$race, ref = "white")

RACE <- c(race = "C(race, contr.treatment('white'))")
LBW_FORMULA <- "low ~ age + lwt + C(race, contr.treatment('white')) + smoke + ptl + ht + ui"

# five rows that are not in the data, and one that cannot be predicted
lbw_new <- data.frame(
  age = c(20, 35, 25, 16, 41, 30), lwt = c(120, 150, 98.5, 200, 110, NA),
  race = factor(c("white", "black", "other", "other", "black", "white"), levels = levels(lbw$race)),
  smoke = c(0, 1, 1, 0, 0, 1), ptl = c(0, 1, 0, 2, 0, 0), ht = c(0, 0, 1, 0, 1, 0), ui = c(1, 0, 0, 0, 1, 0)
)

# Whole weights 1, 2, 3 and weights that are not whole, written out by a rule rather than drawn.
lbw_counts <- 1L + (lbw$id %% 3L)
lbw_precision <- round(0.25 + (lbw$id %% 17L) / 8, 3)
