"""How Sphinx makes the site: ``make docs``. Nothing is fetched, neither now nor when a page is read."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import logitkit
import logitkit.results.nominal  # gives verbs and figures of given rows the docstrings of those of a fit

project = "logitkit"
author = "logitkit contributors"
copyright = author  # noqa: A001 - Sphinx's own name
version = release = logitkit.__version__

os.environ.setdefault("LOGITKIT_NOTEBOOKS", "quick")  # the notebooks with less data

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
# Sphinx-Gallery runs its examples, and leaves notebooks and times beside the pages.
exclude_patterns = [
    "tests",
    "gallery/**",
    "gallery_pages/**.ipynb",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
]
templates_path = ["_templates"]
root_doc = "index"
nitpicky = False

# ----------------------------------------------------------------------------------------------------------- Markdown

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

# Pages with cells are run from top to bottom; one that fails ends the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True
nb_number_source_lines = False

# ------------------------------------------------------------------------------------------------------- docstrings

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say what they are
autodoc_member_order = "alphabetical"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

# ------------------------------------------------------------------------------------------------------- mathematics

# One file with its fonts, from a package that brings MathJax: nothing comes from a network.
_mathjax = Path(str(importlib.util.find_spec("sphinx-mathjax-offline").origin)).parent / "static" / "mathjax"  # type: ignore[union-attr]
mathjax_path = "tex-svg.js"
mathjax4_config = {"options": {"enableMenu": False}}

# ----------------------------------------------------------------------------------------------------------- gallery

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "gallery_pages",
    "filename_pattern": "/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "subsection_order": [
        f"gallery/{section}"
        for section in (
            "coefficients",
            "residuals",
            "discrimination",
            "calibration",
            "outcomes",
            "penalties",
            "scorecards",
            "logits",
        )
    ],
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": (),  # the figure says it all
    "image_srcset": ["2x"],
    "image_scrapers": ("matplotlib",),
    "reset_modules": ("matplotlib",),
    "min_reported_time": 60,
    "write_computation_times": False,
}

# --------------------------------------------------------------------------------------------------------------- HTML

html_theme = "pydata_sphinx_theme"
html_title = "logitkit"
html_static_path = ["_static", str(_mathjax / "tex-svg.js")]
html_css_files = ["logitkit.css"]
html_search_scorer = str(Path(__file__).with_name("_static") / "scorer.js")
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "show_toc_level": 2,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
