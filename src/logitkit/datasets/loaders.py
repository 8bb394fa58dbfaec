"""Load the data files as pandas frames.

In an installed package the files are beside this module; in a source checkout they are in the folder ``datasets/`` of
the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from logitkit.datasets.catalogue import describe
from logitkit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "dataset_path",
    "described",
    "load_austen",
    "load_credit_data",
    "load_german_credit",
    "load_indo_rct",
    "load_khan_srbct",
    "load_lbw",
    "load_mnist_5k",
    "load_womens_reviews",
]

#: Where the files may be, in the order of the search: the installed package, the source checkout.
FOLDERS = (Path(__file__).resolve().parent / "data", Path(__file__).resolve().parents[3] / "datasets")

#: The reference level comes first.
LBW_RACES = ("white", "black", "other")

#: The file of the tumours holds expressions as whole numbers of one over this.
KHAN_PARTS = 10_000


def dataset_path(name: str) -> Path:
    """Return the path of the file of a dataset.

    Parameters
    ----------
    name : str
        Name of the dataset, as in :func:`logitkit.datasets.describe`.

    Returns
    -------
    pathlib.Path
        An existing file, CSV or Parquet.

    Raises
    ------
    DataError
        If no dataset has that name, or if its file is missing from this installation.

    Examples
    --------
    >>> dataset_path("lbw").name, dataset_path("sba_loans").name
    ('lbw.csv', 'sba_loans.parquet')
    """
    description = describe(name)
    file = description.file
    for folder in FOLDERS:
        path = folder / file
        if path.is_file():
            return path
    looked = " nor in ".join(str(folder) for folder in FOLDERS)
    again = "Install logitkit again from its wheel, which carries the file, or copy"
    remedy = again if description.in_wheel else "The wheel leaves it out for its size: copy"
    raise DataError(
        f"The file {file!r} of the dataset {name!r} is neither in {looked}. {remedy} datasets/{file} of the project's "
        "repository into the first of these folders."
    )


def described(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Attach the description of the dataset to its frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as it was read.
    name : str
        Name of the dataset.

    Returns
    -------
    pandas.DataFrame
        The same frame, with the description as text in ``attrs``.

    Examples
    --------
    >>> import pandas as pd
    >>> described(pd.DataFrame(), "lbw").attrs["description"].splitlines()[2]
    'Rows:    189'
    """
    frame.attrs["description"] = str(describe(name))
    return frame


def _read_table(name: str, missing: tuple[str, ...] = ("",)) -> pd.DataFrame:
    """Read a CSV file in which only the given texts stand for a missing value."""
    import pandas as pd

    # pandas would also read None, NA and the like as missing: some tables have levels of such names.
    frame = pd.read_csv(dataset_path(name), keep_default_na=False, na_values=list(missing))
    return described(frame, name)


def load_german_credit() -> pd.DataFrame:
    """Load the German credit data: 1,000 loans, 300 of them bad.

    Returns
    -------
    pandas.DataFrame
        1,000 rows and 21 columns; the target is ``class`` (``good`` or ``bad``).

    Raises
    ------
    DataError
        If the file is missing from this installation.

    Notes
    -----
    Several labels are wrong in all published copies; ``describe("german_credit").notes`` lists them.

    References
    ----------
    Hofmann, H. (1994). Statlog (German Credit Data). UCI ML Repository, doi:10.24432/C5NC77.
    Groemping, U. (2019). South German Credit Data: Correcting a Widely Used Data Set. Report 4/2019, Reports
    in Mathematics, Physics and Chemistry, Beuth University of Applied Sciences Berlin.

    Examples
    --------
    >>> load_german_credit()["class"].value_counts().to_dict()
    {'good': 700, 'bad': 300}
    """
    return _read_table("german_credit")


def load_credit_data() -> pd.DataFrame:
    """Load 4,454 applications for consumer credit, with 455 missing values.

    Returns
    -------
    pandas.DataFrame
        4,454 rows and 14 columns; the target is ``Status`` (``good`` or ``bad``).

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Kuhn, M. (2022). modeldata: Data Sets Useful for Modeling Packages. R package.

    Examples
    --------
    >>> frame = load_credit_data()
    >>> int(frame.isna().sum().sum()), int((frame["Status"] == "bad").sum())
    (455, 1254)
    """
    return _read_table("credit_data")


def load_lbw() -> pd.DataFrame:
    """Load the low birth weight data of Hosmer and Lemeshow: 189 births, 59 of them under 2,500 g.

    Returns
    -------
    pandas.DataFrame
        189 rows and 11 columns; the target is ``low``. ``race`` is categorical; its first level, ``white``, is the
        reference.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Hosmer, D. W. and Lemeshow, S. (1989). Applied Logistic Regression. New York: Wiley, Appendix 1.

    Examples
    --------
    >>> lbw = load_lbw()
    >>> bool(((lbw["bwt"] < 2500) == (lbw["low"] == 1)).all())
    True
    >>> list(lbw["race"].cat.categories)
    ['white', 'black', 'other']
    """
    import pandas as pd

    frame = _read_table("lbw")
    frame["race"] = pd.Categorical(frame["race"], categories=list(LBW_RACES))
    return frame


def load_indo_rct() -> pd.DataFrame:
    """Load the trial of indomethacin against pancreatitis after ERCP: 602 patients, 79 events.

    Returns
    -------
    pandas.DataFrame
        602 rows and 33 columns; the target is ``outcome`` (``0_no`` or ``1_yes``), the treatment is ``rx``.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Elmunzer, B. J. et al. (2012). A Randomized Trial of Rectal Indomethacin to Prevent Post-ERCP
    Pancreatitis. New England Journal of Medicine 366, 1414-1422.

    Examples
    --------
    The result of the trial: 52 events in 307 patients with placebo, 27 in 295 with indomethacin.

    >>> trial = load_indo_rct()
    >>> (trial["outcome"] == "1_yes").groupby(trial["rx"]).agg(["sum", "size"]).to_numpy().tolist()
    [[52, 307], [27, 295]]
    """
    return _read_table("indo_rct", missing=("", "NA_NA"))


def load_khan_srbct() -> pd.DataFrame:
    """Load 83 small round blue-cell tumours of four types, with the expression of 2,308 genes.

    Returns
    -------
    pandas.DataFrame
        83 rows and 2,310 columns: ``split`` (train or test), ``tumour`` (BL, EWS, NB or RMS), and ``gene_1`` to
        ``gene_2308``, the logarithms of the expression levels.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Khan, J. et al. (2001). Classification and diagnostic prediction of cancers using gene expression profiling and
    artificial neural networks. Nature Medicine 7, 673-679.

    Examples
    --------
    The 63 training samples of the paper:

    >>> tumours = load_khan_srbct().query("split == 'train'")
    >>> tumours["tumour"].value_counts().to_dict()
    {'EWS': 23, 'RMS': 20, 'NB': 12, 'BL': 8}
    """
    import numpy as np
    import pandas as pd
    import pyarrow.parquet as pq

    table = pq.read_table(dataset_path("khan_srbct"))
    names = [name for name in describe("khan_srbct").columns if name.startswith("gene_")]
    parts = table["expression"].combine_chunks().flatten().to_numpy().reshape(len(table), len(names))
    genes = pd.DataFrame(parts / np.float64(KHAN_PARTS), columns=names)
    frame = pd.concat([table.select(["split", "tumour"]).to_pandas(), genes], axis="columns")
    return described(frame, "khan_srbct")


def load_womens_reviews() -> pd.DataFrame:
    """Load 6,000 reviews of women's clothing, and whether the customer recommends the item.

    Returns
    -------
    pandas.DataFrame
        6,000 rows and 7 columns; the target is ``recommended``, and the review is in ``text``.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Agarap, A. F. (2018). Statistical Analysis on E-Commerce Reviews, with Sentiment Classification using
    Bidirectional Recurrent Neural Network. arXiv:1805.03687.

    Examples
    --------
    >>> reviews = load_womens_reviews()
    >>> int(reviews["recommended"].sum())
    4948
    """
    import pyarrow.parquet as pq

    frame = pq.read_table(dataset_path("womens_reviews")).to_pandas()
    narrow = frame.select_dtypes("integer").columns
    return described(frame.astype(dict.fromkeys(narrow, "int64")), "womens_reviews")


def load_mnist_5k() -> pd.DataFrame:
    """Load images of 5,000 handwritten digits, 500 of each digit, with 784 pixels.

    Returns
    -------
    pandas.DataFrame
        5,000 rows, sorted by digit, and 785 columns: ``label`` (0 to 9), and ``pixel_0`` to ``pixel_783`` (0 to 255),
        row by row from the upper left.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86(11), 2278-2324.

    Examples
    --------
    The first image is a zero, which is empty in the middle:

    >>> digits = load_mnist_5k()
    >>> image = digits.filter(like="pixel_").to_numpy()[0].reshape(28, 28)
    >>> int(digits["label"][0]), int(image[13:15, 13:15].max())
    (0, 0)
    """
    import numpy as np
    import pandas as pd
    import pyarrow.parquet as pq

    table = pq.read_table(dataset_path("mnist_5k"))
    label, *names = describe("mnist_5k").columns
    bytes_of = table["pixels"].to_numpy(zero_copy_only=False)
    pixels = np.frombuffer(b"".join(bytes_of), dtype=np.uint8).reshape(len(table), len(names))
    frame = pd.DataFrame(pixels.astype("int64"), columns=names)
    frame.insert(0, label, table[label].to_numpy().astype("int64"))
    return described(frame, "mnist_5k")


def load_austen() -> pd.DataFrame:
    """Load two novels by Jane Austen, one row per chapter.

    Returns
    -------
    pandas.DataFrame
        116 rows, in the order of the chapters, and 3 columns: ``novel``, ``chapter`` (from 1) and ``text``.

    Raises
    ------
    DataError
        If the file is missing from this installation.

    References
    ----------
    Austen, J. (1813). Pride and Prejudice. London: Egerton.
    Austen, J. (1815). Emma. London: Murray.

    Examples
    --------
    >>> chapters = load_austen()
    >>> chapters["text"][0].splitlines()[0]
    'It is a truth universally acknowledged, that a single man in possession'
    """
    import pyarrow.parquet as pq

    frame = pq.read_table(dataset_path("austen")).to_pandas()
    return described(frame.astype({"chapter": "int64"}), "austen")
