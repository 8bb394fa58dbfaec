"""The data files against their provenance: sizes, counts, missing values, meanings and leaks."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from logitkit import datasets
from logitkit.datasets import CATALOGUE, SBA_SECTORS, loaders
from logitkit.errors import DataError

PAGES = Path(__file__).resolve().parents[2] / "datasets"

EVENTS = {
    "sba_loans": 1,
    "sba_window": 1,
    "german_credit": "bad",
    "credit_data": "bad",
    "lbw": 1,
    "indo_rct": "1_yes",
    "khan_srbct": "EWS",
    "womens_reviews": 1,
    "mnist_5k": 1,
    "austen": "Emma",
    "open_bandit": 1,
    "digit_logits": 1,
}

#: Outcomes of each, where they are not two.
KINDS = {"khan_srbct": 4, "mnist_5k": 10, "digit_logits": 10}

#: Rows, columns, events and missing cells, as the sources state them.
SIZES = {
    "sba_loans": (60_000, 25, 15_194),
    "sba_window": (507_571, 19, 129_555),
    "german_credit": (1000, 21, 300),
    "credit_data": (4454, 14, 1254),
    "lbw": (189, 11, 59),
    "indo_rct": (602, 33, 79),
    "khan_srbct": (83, 2310, 29),
    "womens_reviews": (6000, 7, 4948),
    "mnist_5k": (5000, 785, 500),
    "austen": (116, 3, 55),
    "open_bandit": (20_000, 90, 80),
    "digit_logits": (3000, 12, 282),
}

MISSING = {
    "sba_loans": {
        "naics": 7,
        "sector": 7,
        "new_business": 80,
        "revolving": 6,
        "low_doc": 441,
        "disbursement_date": 173,
        "charge_off_date": 44_289,
    },
    "sba_window": {
        "bank": 12,
        "bank_state": 12,
        "sector": 68,
        "new_business": 557,
        "revolving": 75,
        "low_doc": 3565,
        "disbursement_date": 1476,
        "charge_off_date": 373_920,
    },
    "german_credit": {},
    "credit_data": {"Home": 6, "Marital": 1, "Job": 2, "Income": 381, "Assets": 47, "Debt": 18},
    "lbw": {},
    "indo_rct": {"bleed": 575, "asa81": 1, "asa325": 1, "asa": 1},
    "khan_srbct": {},
    "womens_reviews": {"department": 2},
    "mnist_5k": {},
    "austen": {},
    "open_bandit": {},
    "digit_logits": {},
}

#: What a lender cannot know on the day of the decision.
SBA_AFTER_APPROVAL = {
    "term",
    "disbursement_date",
    "disbursement_gross",
    "charge_off_date",
    "charge_off_amount",
    "balance_gross",
    "status",
}


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {name: getattr(datasets, f"load_{name}")() for name in CATALOGUE}


def area_under_roc(score: pd.Series, event: pd.Series) -> float:
    """Mann-Whitney form of the area, mid-ranks for ties."""
    rank = score.rank()
    n_event = int(event.sum())
    wins = rank[event].sum() - n_event * (n_event + 1) / 2
    return float(wins / (n_event * (len(event) - n_event)))


def separation(column: pd.Series, event: pd.Series) -> float:
    """How well one column alone ranks the outcome, 0 to 1: numbers by size, codes by their own rate."""
    is_missing = column.isna()
    if isinstance(column.dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_dtype(column)
    ):
        level = column.astype("object").where(~is_missing, "(missing)")
        # A code of very many levels ranks its own sample well by chance alone.
        if level.nunique() > 60:
            return 0.0
        score = event.groupby(level).transform("mean")
        return abs(2 * area_under_roc(score, event) - 1)
    known = abs(2 * area_under_roc(column[~is_missing], event[~is_missing]) - 1)
    if is_missing.any():
        known = max(known, abs(2 * area_under_roc(is_missing.astype(float), event) - 1))
    return known


@pytest.mark.parametrize("name", CATALOGUE)
def test_size_and_events_are_those_of_the_provenance(name, frames):
    n_rows, n_columns, n_events = SIZES[name]
    frame, description = frames[name], datasets.describe(name)
    assert frame.shape == (n_rows, n_columns)
    assert description.n_rows == n_rows
    assert int((frame[description.target] == EVENTS[name]).sum()) == n_events
    assert frame[description.target].nunique() == KINDS.get(name, 2)


@pytest.mark.parametrize("name", CATALOGUE)
def test_missing_values_are_counted(name, frames):
    counts = frames[name].isna().sum()
    assert counts[counts > 0].to_dict() == MISSING[name]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_column_has_a_meaning_in_the_order_of_the_file(name, frames):
    description = datasets.describe(name)
    assert list(description.columns) == list(frames[name].columns)
    assert all(len(meaning) > 8 for meaning in description.columns.values())


@pytest.mark.parametrize("name", CATALOGUE)
def test_leaks_are_columns_and_not_predictors(name, frames):
    description = datasets.describe(name)
    assert set(description.leaks) <= set(frames[name].columns)
    assert description.target not in description.leaks
    assert not set(description.predictors) & {description.target, *description.leaks}


# The genes tell the tumours apart: they were measured for that. A pixel in the middle is nearly a one by itself, and a
# logit is made to tell.
@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in {"khan_srbct", "mnist_5k", "digit_logits"}])
def test_no_column_outside_the_leaks_gives_the_outcome_away(name, frames):
    description = datasets.describe(name)
    event = frames[name][description.target] == EVENTS[name]
    strength = {column: separation(frames[name][column], event) for column in description.predictors}
    # The strongest honest predictor is the balance of the checking account, at 0.42.
    assert max(strength.values()) < 0.5, strength


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("lbw", "id"),
        ("lbw", "bwt"),
        ("sba_loans", "status"),
        ("sba_loans", "charge_off_date"),
        ("sba_window", "charge_off_date"),
    ],
)
def test_a_leak_that_defines_the_outcome_is_seen_as_one(name, column, frames):
    event = frames[name][datasets.describe(name).target] == EVENTS[name]
    assert separation(frames[name][column], event) > 0.95


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_frame_carries_its_description(name, frames):
    text = frames[name].attrs["description"]
    description = datasets.describe(name)
    assert text == str(description)
    assert max(map(len, text.splitlines())) <= 100
    words = " ".join(text.split())
    for fact in (description.licence, description.source, *description.notes, *description.columns.values()):
        assert " ".join(fact.split()) in words


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_page_names_the_file_the_licence_and_every_column(name):
    description = datasets.describe(name)
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    table = page.partition("## Columns")[2]
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    assert [row.strip("| ").replace("`", "") for row in rows] == list(description.meanings)
    assert description.licence in page
    assert description.citation in page
    assert hashlib.sha256(datasets.dataset_path(name).read_bytes()).hexdigest() in page
    assert f"({name}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


def test_loading_twice_gives_independent_frames():
    first = datasets.load_lbw()
    first["low"] = 0
    assert int(datasets.load_lbw()["low"].sum()) == 59


def test_sba_leaks_are_all_that_is_known_after_approval():
    assert set(datasets.describe("sba_loans").leaks) == SBA_AFTER_APPROVAL


def test_sba_default_rate_is_that_of_the_window_within_sampling_error(frames):
    window, rate, n = 507_571, 0.2552450790135764, 60_000
    # Simple random sampling without replacement: Cochran (1977), equation 2.20 for a proportion.
    error = np.sqrt(rate * (1 - rate) / n * (1 - n / window))
    assert abs(frames["sba_loans"]["default"].mean() - rate) < 3 * error


def test_sba_years_are_a_sample_of_the_window(frames):
    labelled = {
        2001: 37_317,
        2002: 44_307,
        2003: 58_000,
        2004: 68_195,
        2005: 76_958,
        2006: 75_756,
        2007: 71_649,
        2008: 39_458,
        2009: 19_103,
        2010: 16_828,
    }
    counts = frames["sba_loans"]["approval_fy"].value_counts().to_dict()
    assert set(counts) == set(labelled)
    for year, size in labelled.items():
        share = size / 507_571
        assert abs(counts[year] - 60_000 * share) < 4 * np.sqrt(60_000 * share * (1 - share))


def test_sba_dates_and_fiscal_years_agree(frames):
    loans = frames["sba_loans"]
    date = loans["approval_date"]
    assert (date.dt.year + (date.dt.month >= 10) == loans["approval_fy"]).all()
    assert date.is_monotonic_increasing
    assert all(loans[name].dtype.kind == "M" for name in loans if name.endswith("_date"))


def test_sba_codes_are_the_documented_words(frames):
    loans = frames["sba_loans"]
    levels = {
        "new_business": {"existing", "new"},
        "urban_rural": {"urban", "rural", "undefined"},
        "revolving": {"Y", "N", "0", "T"},
        "low_doc": {"Y", "N"},
        "status": {"CHGOFF", "P I F"},
        "sector": set(SBA_SECTORS),
    }
    for name, expected in levels.items():
        assert set(loans[name].dropna().unique()) == expected


def test_sba_sector_is_the_range_that_holds_the_industry(frames):
    loans = frames["sba_loans"].dropna(subset=["naics"])
    bounds = loans["sector"].str.split("-")
    two_digits = loans["naics"].str[:2].astype(int)
    assert (two_digits >= bounds.str[0].astype(int)).all()
    assert (two_digits <= bounds.str[-1].astype(int)).all()
    assert (loans["naics"].str.len() == 6).all()


def test_sba_loans_are_distinct_and_whole_numbers_do_not_overflow(frames):
    loans = frames["sba_loans"]
    assert loans["loan_number"].is_unique
    assert all(dtype == np.dtype("int64") for dtype in loans.dtypes if dtype.kind == "i")
    assert (loans["sba_approved"] <= loans["gross_approved"]).all()
    assert ((loans["gross_approved"] ** 2) > 0).all()


def test_sba_window_holds_the_loans_of_the_sample_as_they_are_there(frames):
    shared = ["approval_date", "gross_approved", "sba_approved", "term", "employees", "charge_off_date", "default"]
    sample, window = (
        pd.util.hash_pandas_object(frames[name][shared], index=False).value_counts()
        for name in ("sba_loans", "sba_window")
    )
    assert (window.reindex(sample.index, fill_value=0) >= sample).all()
    assert frames["sba_window"]["bank"].nunique() == 4239


def test_sba_windows_of_performance_are_those_of_the_page(frames):
    loans = frames["sba_window"]
    page = (PAGES / "sba_window.md").read_text(encoding="utf-8")
    disbursed, lost = loans["disbursement_date"], loans["charge_off_date"]
    for first, last, size, bad in (
        ("2000-10-01", "2005-09-30", 266_398, 4_325),
        ("2005-10-01", "2010-12-31", 238_512, 15_095),
    ):
        chosen = disbursed.between(first, last)
        # Months by the calendar, without pandas' offsets: the day of the month decides within the month.
        months = (lost.dt.year - disbursed.dt.year) * 12 + lost.dt.month - disbursed.dt.month
        last_day = (disbursed + pd.Timedelta(days=1)).dt.day == 1
        within = (months < 24) | ((months == 24) & ((lost.dt.day <= disbursed.dt.day) | last_day))
        assert int(chosen.sum()) == size
        assert int(within[chosen].sum()) == bad
        assert f"| {size:,} |" in page
        assert f"{100 * bad / size:.2f} %" in page
    later = loans[disbursed.between("2000-10-01", "2005-09-30") & (loans["default"] == 1)]["charge_off_date"]
    assert round((later > "2005-09-30").mean(), 2) == 0.93


def test_sba_term_shows_the_leak_that_the_page_describes(frames):
    loans = frames["sba_loans"]
    odd = (loans["term"] % 12 != 0).groupby(loans["default"]).mean()
    assert round(odd[1], 2) == 0.91
    assert round(odd[0], 2) == 0.13


def test_lbw_has_white_first_and_one_race_a_row(frames):
    race = frames["lbw"]["race"]
    assert list(race.cat.categories) == ["white", "black", "other"]
    assert race.value_counts().to_dict() == {"white": 96, "other": 67, "black": 26}
    # The record that tells this table from MASS::birthwt.
    assert frames["lbw"].set_index("id").loc[76, "lwt"] == 106


def test_khan_samples_and_numbers_are_those_of_the_paper_and_the_source(frames):
    tumours = frames["khan_srbct"]
    counts = pd.crosstab(tumours["split"], tumours["tumour"])
    # Khan et al. (2001): 63 samples to learn from, 20 (of 25: five are no such tumour) to try on.
    assert counts.loc["train"].to_dict() == {"BL": 8, "EWS": 23, "NB": 12, "RMS": 20}
    assert counts.loc["test"].to_dict() == {"BL": 3, "EWS": 6, "NB": 6, "RMS": 5}
    # Column V1 of Khan_xtrain.csv begins so; the file here has four decimals.
    source = [0.7733437, -0.07817778, -0.08446916, 0.965614, 0.0756639]
    np.testing.assert_allclose(tumours["gene_1"][:5], source, atol=0.5e-4, rtol=0.0)
    assert tumours.columns[-1] == "gene_2308"


def test_neighbours_of_one_meaning_are_described_together():
    meanings = datasets.describe("khan_srbct").meanings
    assert list(meanings) == ["split", "tumour", "gene_1 to gene_2308"]
    assert len(str(datasets.describe("khan_srbct")).splitlines()) < 40
    lbw = datasets.describe("lbw")
    assert lbw.meanings == lbw.columns


def test_reviews_are_distinct_and_their_share_is_that_of_the_complete_table(frames):
    reviews = frames["womens_reviews"]
    assert reviews["text"].is_unique
    assert reviews["row"].is_monotonic_increasing
    # Of 22,634 distinct texts 81.9 % recommend; Cochran (1977), equation 2.20.
    rate, n, whole = 0.8188565874348326, 6000, 22_634
    error = np.sqrt(rate * (1 - rate) / n * (1 - n / whole))
    assert abs(reviews["recommended"].mean() - rate) < 3 * error
    assert separation(reviews["rating"], reviews["recommended"] == 1) > 0.9


def test_digits_are_those_of_the_page(frames):
    digits = frames["mnist_5k"]
    assert digits["label"].value_counts().to_dict() == dict.fromkeys(range(10), 500)
    assert digits["label"].is_monotonic_increasing
    pixels = digits.drop(columns="label")
    assert (pixels.min().min(), pixels.max().max()) == (0, 255)
    assert int((pixels.max() == 0).sum()) == 121
    assert not pixels.duplicated().any()
    # LeCun et al. (1998), section III.A: the centre of mass of the ink is moved to the centre of the field.
    ink = pixels.to_numpy().reshape(-1, 28, 28) / pixels.sum(axis=1).to_numpy()[:, None, None]
    for axis in (1, 2):
        centre = (ink.sum(axis=axis) * np.arange(28)).sum(axis=1)
        assert np.abs(centre - 14).max() < 1


def test_logits_of_digits_are_of_images_in_random_order(frames):
    digits, logits = frames["mnist_5k"], frames["digit_logits"]
    assert logits["row"].is_unique
    assert (digits["label"].to_numpy()[logits["row"]] == logits["label"]).all()
    # The draw that the script states: the 2,000 before these trained the network.
    assert (logits["row"] == np.random.default_rng(1).permutation(5000)[2000:]).all()
    z = logits.filter(like="logit_")
    assert set(z.dtypes) == {np.dtype("float32")}
    assert round(float((z.to_numpy().argmax(axis=1) != logits["label"]).mean()), 3) == 0.075


def test_novels_have_their_chapters_and_words(frames):
    novels = frames["austen"]
    words = novels["text"].str.split().str.len().groupby(novels["novel"]).sum()
    assert words.to_dict() == {"Emma": 157_320, "Pride and Prejudice": 121_439}
    for name, n_chapters in (("Emma", 55), ("Pride and Prejudice", 61)):
        assert novels.loc[novels["novel"] == name, "chapter"].to_list() == list(range(1, n_chapters + 1))
    assert not novels["text"].str.contains(r"chapter \d|^CHAPTER|VOLUME|FINIS", regex=True).any()
    emma = novels[novels["novel"] == "Emma"]["text"]
    assert emma.iloc[0].startswith("Emma Woodhouse, handsome, clever, and rich")
    assert emma.iloc[-1].endswith("perfect happiness of the union.")


def test_the_log_of_recommendations_has_the_propensities_of_its_policies(frames):
    log = frames["open_bandit"]
    assert log.groupby("policy")["click"].agg(["size", "sum"]).to_numpy().tolist() == [[10_000, 42], [10_000, 38]]
    assert (log.loc[log["policy"] == "random", "propensity"] == 1 / 80).all()
    learnt = log.loc[log["policy"] == "bts", "propensity"]
    assert (learnt.min(), learnt.max()) == (0.000045, 0.95424)
    assert log.groupby("policy")["timestamp"].is_monotonic_increasing.all()
    # 1 / (80 propensity) is 1 in expectation under bts.
    weight = 1 / (80 * learnt)
    assert abs(weight.mean() - 1) < 3 * weight.std() / 100
    assert set(log["item_id"]) == set(range(80))


def test_levels_called_none_stay_levels(frames):
    german = frames["german_credit"]
    assert int((german["other_parties"] == "none").sum()) == 907
    assert int((german["own_telephone"] == "none").sum()) == 596


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(DataError, match=r"'germancredit'.*Did you mean 'german_credit'\?"):
        datasets.describe("germancredit")


def test_a_missing_file_says_where_it_was_looked_for_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(loaders, "FOLDERS", (tmp_path / "installed", tmp_path / "checkout"))
    with pytest.raises(DataError, match=r"lbw\.csv.*installed nor in .*checkout.*Install logitkit again"):
        datasets.load_lbw()


def test_a_file_that_the_wheel_leaves_out_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(loaders, "FOLDERS", (tmp_path / "installed", tmp_path / "checkout"))
    with pytest.raises(DataError, match=r"The wheel leaves it out for its size: copy datasets/sba_window\.parquet of"):
        datasets.load_sba_window()
    config = tomllib.loads((PAGES.parent / "pyproject.toml").read_text(encoding="utf-8"))
    left_out = {entry for entry in config["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"] if entry[0] == "/"}
    stay = {f"/datasets/{entry.file}" for entry in CATALOGUE.values() if not entry.in_wheel}
    assert stay == left_out - {"/datasets/**"} == {"/datasets/sba_window.parquet"}


def test_the_installed_package_is_searched_before_the_checkout(tmp_path, monkeypatch):
    installed, checkout = tmp_path / "installed", tmp_path / "checkout"
    for folder in (installed, checkout):
        folder.mkdir()
        (folder / "lbw.csv").write_bytes((PAGES / "lbw.csv").read_bytes())
    monkeypatch.setattr(loaders, "FOLDERS", (installed, checkout))
    assert datasets.dataset_path("lbw") == installed / "lbw.csv"
    (installed / "lbw.csv").unlink()
    assert datasets.dataset_path("lbw") == checkout / "lbw.csv"
