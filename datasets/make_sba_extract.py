"""Write ``sba_loans.parquet`` and ``sba_window.parquet`` from the complete SBA loan file.

The complete file is the ``SBAnational`` table of Li, Mickel and Taylor (2018), 899,164 loans, as Parquet
with the SBA's own column names, dates as ISO text and amounts as numbers. Both hold labelled loans of the
approval years FY2001 to FY2010: ``sba_loans`` 60,000 of them with every column, ``sba_window`` all 507,571
with the columns that a scorecard, its performance window and its monitoring need.

    python make_sba_extract.py FULL.parquet [FOLDER]

The draw is deterministic and needs no random generator: every loan is given the SHA-256 digest of a fixed
key and its loan number, and the 60,000 smallest digests are kept. That is a simple random sample without
replacement which is the same on every machine and version, and does not depend on the order of the rows.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE_SIZE = 60_000
SAMPLE_KEY = "logitkit-sba-2001-2010"
FIRST_YEAR, LAST_YEAR = 2001, 2010

#: Sectors that NAICS spreads over several two-digit codes.
COMBINED_SECTORS = {
    "31": "31-33",
    "32": "31-33",
    "33": "31-33",
    "44": "44-45",
    "45": "44-45",
    "48": "48-49",
    "49": "48-49",
}

SCHEMA = pa.schema(
    [
        ("loan_number", pa.int64()),
        ("default", pa.int8()),
        ("state", pa.string()),
        ("bank_state", pa.string()),
        ("naics", pa.string()),
        ("sector", pa.string()),
        ("approval_date", pa.date32()),
        ("approval_fy", pa.int16()),
        ("term", pa.int16()),
        ("employees", pa.int32()),
        ("new_business", pa.string()),
        ("jobs_created", pa.int32()),
        ("jobs_retained", pa.int32()),
        ("franchise_code", pa.int32()),
        ("urban_rural", pa.string()),
        ("revolving", pa.string()),
        ("low_doc", pa.string()),
        ("disbursement_date", pa.date32()),
        ("disbursement_gross", pa.int32()),
        ("charge_off_date", pa.date32()),
        ("charge_off_amount", pa.int32()),
        ("balance_gross", pa.int32()),
        ("gross_approved", pa.int32()),
        ("sba_approved", pa.int32()),
        ("status", pa.string()),
    ]
)

#: Columns of all loans of the window, in the order of the file.
WINDOW_SCHEMA = pa.schema(
    [
        SCHEMA.field(name) if name in SCHEMA.names else pa.field(name, pa.string())
        for name in (
            "default",
            "state",
            "bank",
            "bank_state",
            "sector",
            "approval_date",
            "term",
            "employees",
            "new_business",
            "jobs_created",
            "jobs_retained",
            "franchise_code",
            "urban_rural",
            "revolving",
            "low_doc",
            "disbursement_date",
            "charge_off_date",
            "gross_approved",
            "sba_approved",
        )
    ]
)


def window(full: pd.DataFrame) -> pd.DataFrame:
    """Return the labelled loans of the approval years, in order of approval date, bank and loan number."""
    loans = full.loc[full["ApprovalFY"].between(FIRST_YEAR, LAST_YEAR) & full["MIS_Status"].notna()]
    if not loans["LoanNr_ChkDgt"].is_unique:
        raise ValueError("loan numbers repeat within the window: the draw needs one digest a loan")
    return loans.sort_values(["ApprovalDate", "Bank", "LoanNr_ChkDgt"], ignore_index=True)


def draw(loans: pd.DataFrame) -> pd.DataFrame:
    """Return the sampled rows of the labelled loans of the window, in order of approval."""
    digest = [hashlib.sha256(f"{SAMPLE_KEY}:{number}".encode()).digest() for number in loans["LoanNr_ChkDgt"]]
    kept = pd.Series(digest, index=loans.index).sort_values().index[:SAMPLE_SIZE]
    return loans.loc[kept].sort_values(["ApprovalDate", "LoanNr_ChkDgt"], ignore_index=True)


def whole(column: pd.Series) -> pd.Series:
    """Return a column of money as whole dollars; the file states no cents, and this holds it to that."""
    rounded = column.round().astype("int64")
    if (rounded != column).any():
        raise ValueError(f"{column.name} holds fractions of a dollar")
    return rounded


def decode(loans: pd.DataFrame) -> pd.DataFrame:
    """Return the extract's columns: codes as words, missing codes as missing values, dates as dates."""
    naics = loans["NAICS"].astype("Int64").astype("string").where(loans["NAICS"] > 0)
    two_digits = naics.str[:2]
    dates = {name: pd.to_datetime(loans[name]) for name in ("ApprovalDate", "DisbursementDate", "ChgOffDate")}
    return pd.DataFrame(
        {
            "loan_number": loans["LoanNr_ChkDgt"],
            "default": (loans["MIS_Status"] == "CHGOFF").astype("int8"),
            "state": loans["State"],
            "bank": loans["Bank"],
            "bank_state": loans["BankState"],
            "naics": naics,
            "sector": two_digits.replace(COMBINED_SECTORS),
            "approval_date": dates["ApprovalDate"],
            "approval_fy": loans["ApprovalFY"],
            "term": loans["Term"],
            "employees": loans["NoEmp"],
            "new_business": loans["NewExist"].map({1.0: "existing", 2.0: "new"}),
            "jobs_created": loans["CreateJob"],
            "jobs_retained": loans["RetainedJob"],
            "franchise_code": loans["FranchiseCode"],
            "urban_rural": loans["UrbanRural"].map({0: "undefined", 1: "urban", 2: "rural"}),
            "revolving": loans["RevLineCr"].where(loans["RevLineCr"].isin(["Y", "N", "0", "T"])),
            "low_doc": loans["LowDoc"].where(loans["LowDoc"].isin(["Y", "N"])),
            "disbursement_date": dates["DisbursementDate"],
            "disbursement_gross": whole(loans["DisbursementGross"]),
            "charge_off_date": dates["ChgOffDate"],
            "charge_off_amount": whole(loans["ChgOffPrinGr"]),
            "balance_gross": whole(loans["BalanceGross"]),
            "gross_approved": whole(loans["GrAppv"]),
            "sba_approved": whole(loans["SBA_Appv"]),
            "status": loans["MIS_Status"],
        }
    )


def write(extract: pd.DataFrame, path: Path) -> None:
    """Write the extract with dictionary pages and zstd, and without pandas metadata."""
    table = pa.Table.from_pandas(extract, schema=SCHEMA, preserve_index=False).replace_schema_metadata(None)
    # Loan numbers never repeat: a dictionary would only add to them; rows in order of approval make
    # neighbouring numbers close, and so their differences short.
    numbers = ["loan_number"]
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in SCHEMA.names if name not in numbers],
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        row_group_size=SAMPLE_SIZE,
        store_schema=False,
    )


def write_window(extract: pd.DataFrame, path: Path) -> None:
    """Write all loans of the window in one group of rows: loans of one day and bank are alike, and pack well."""
    table = pa.Table.from_pandas(extract, schema=WINDOW_SCHEMA, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(
        table, path, compression="zstd", compression_level=19, row_group_size=len(extract), store_schema=False
    )


def main() -> None:
    """Read the complete file, choose, decode and write."""
    parser = argparse.ArgumentParser(description="Write both SBA extracts from the complete SBA loan file.")
    parser.add_argument("full", type=Path, help="the complete file, Parquet, with the SBA's column names")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent, help="where both are written")
    arguments = parser.parse_args()
    loans = window(pd.read_parquet(arguments.full))
    for name, chosen, put in (("sba_loans", draw(loans), write), ("sba_window", loans, write_window)):
        extract, path = decode(chosen), arguments.folder / f"{name}.parquet"
        put(extract, path)
        print(f"{path}: {len(extract):,} loans, default rate {extract['default'].mean():.4f}")


if __name__ == "__main__":
    main()
