"""What every test shares: a headless plotting backend and repeatable property tests."""

from __future__ import annotations

import doctest
import gc
import linecache
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

# Before anything imports matplotlib: a test draws into memory, whatever display the machine has.
os.environ["MPLBACKEND"] = "Agg"
# Before anything imports NumPy: as many workers as cores, each with as many threads of BLAS, would spend most of their
# time waiting for each other. Tests of threads ask for two (the fixture two_blas_threads).
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import pytest
from _pytest.doctest import DoctestModule
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# Fits take milliseconds once compiled but seconds the first time: hence no deadline, and a slow first example
# is no sign of ill health. Derandomised: the same examples on every run, so a red test is red for everyone.
settings.register_profile(
    "standard",
    derandomize=True,
    deadline=None,
    max_examples=10,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# Numbers and words of the modules that happen to be loaded, and so of the tests before, would be tried as examples.
providers._get_local_constants = lambda: providers._local_constants
# `make test-slow`: other examples on every run, and many of them.
settings.register_profile("thorough", parent=settings.get_profile("standard"), derandomize=False, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "standard"))


# Scripts that need a library that other tests do not: they are not looked through for examples.
collect_ignore = ["references/torch_logits.py", "design/chunks/lost_executor.py"]

# Files of one costly fixture or of many processes, the longest first, since a file is the work of one worker: none is
# left alone with one of them at the end.
LONGEST = ("test_notebooks", "test_checks", "test_notebooks_of_outcomes", "test_interruption")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """Collect fifteen thousand tests without looking for garbage among them, then or later, and seldom elsewhere."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Iterator[None]:
    """Look for examples in docstrings of what tests use, and not in the tests themselves, which have none."""
    found = yield
    return [each for each in found if not (isinstance(each, DoctestModule) and file_path.stem.startswith("test_"))]


#: Tests over many kinds of fit, of which every third kind is looked at by `make test`, and all by `make test-slow`.
MANY_KINDS = frozenset(
    (
        "test_a_confusion_table_is_that_in_memory",
        "test_a_file_of_another_kind_needs_force",
        "test_a_file_that_agrees_with_itself_is_refused",
        "test_a_fit_of_a_path_is_the_fit_at_its_strength",
        "test_a_fit_to_a_frame_is_the_fit_in_memory",
        "test_a_fit_to_files_is_the_fit_in_memory",
        "test_a_loaded_fit_is_the_fit",
        "test_a_loaded_fit_predicts_and_tests_as_it_did",
        "test_a_matrix_changes_nothing_that_it_is_given_and_survives_a_copy",
        "test_a_model_of_two_outcomes_has_average_predictions_too",
        "test_a_path_is_optimal_at_each_strength_to_its_tolerance",
        "test_a_pickle_holds_no_rows",
        "test_a_reader_needs_no_python",
        "test_a_refit_is_the_fit_with_other_weights",
        "test_a_restart_goes_on_and_ends_with_the_same_bits",
        "test_a_slow_solver_ends_at_the_same_coefficients",
        "test_a_source_gives_the_fit_in_memory",
        "test_a_verb_answers_where_the_table_lets_it",
        "test_across_outcomes_it_is_the_longest_gradient_of_a_column",
        "test_against_a_search",
        "test_against_the_sums_written_out",
        "test_all_pairs_have_the_quantile_of_tukey",
        "test_an_infinite_estimate_is_infinite_and_the_others_are_the_limit",
        "test_an_interruption_ends_everything_within_a_second",
        "test_an_option_is_refused_by_an_error_of_ours",
        "test_any_part_of_another_type_is_refused_by_an_error_of_ours",
        "test_any_table_gives_the_fit_of_plain_pandas",
        "test_average_effects_are_those_in_memory",
        "test_average_predictions",
        "test_bits_do_not_depend_on_the_number_of_threads",
        "test_classification_is_summed",
        "test_coefficients",
        "test_columns",
        "test_columns_are_those_of_the_table_in_memory",
        "test_columns_that_are_nearly_the_same",
        "test_comparisons_are_those_in_memory",
        "test_consecutive_rows_and_rows_at_positions",
        "test_correlated_groups_at_small_strengths",
        "test_cross_validation_is_that_of_the_engine",
        "test_designs_are_those_of_the_table_in_memory",
        "test_discrimination_of_an_event_is_that_of_rows_held",
        "test_each_column_is_what_the_fit_predicts",
        "test_each_group_is_the_fit_of_its_rows",
        "test_errors_are_those_of_the_jackknife",
        "test_estimates_and_errors_are_those_stored",
        "test_every_family_agrees_with_its_predictions",
        "test_every_family_has_every_kind",
        "test_every_field_changed_is_refused",
        "test_every_figure_does_what_the_table_says",
        "test_every_figure_is_written_in_every_format",
        "test_every_kind",
        "test_every_kind_of_formula",
        "test_every_kind_of_model_has_a_report",
        "test_every_product_is_right_or_certainly_below",
        "test_every_resample_is_a_fit_with_weights_measured_by_its_formulas",
        "test_every_sandwich_is_that_in_memory",
        "test_every_verb_is_its_formula",
        "test_everything_comes_back",
        "test_everything_comes_back_to_the_last_bit",
        "test_existence_is_what_a_linear_program_says",
        "test_exports_score_as_the_card",
        "test_few_columns_and_too_many_rows_to_be_looked_at",
        "test_groups_are_those_of_the_table",
        "test_hosmer_and_lemeshow_group_as_in_memory",
        "test_it_is_the_product",
        "test_lengths_across_outcomes",
        "test_levels_with_one_outcome",
        "test_levels_with_one_outcome_and_weights_clusters_or_an_offset",
        "test_levels_with_one_outcome_in_factors_that_they_determine",
        "test_limits_are_those_of_the_bootstrap_and_the_jackknife",
        "test_many_coefficients_of_a_ridge",
        "test_means_are_averages_of_predictions",
        "test_means_contrasts_and_inverse_predictions_are_those_in_memory",
        "test_models_have_the_digits_of_the_fit_in_memory",
        "test_nearly_separated_outcomes_are_not_taken_for_solved",
        "test_no_argument_ends_in_an_error_of_another_library",
        "test_no_column_outside_the_leaks_gives_the_outcome_away",
        "test_no_row_and_one_row",
        "test_no_table_of_a_fit_has_a_raw_name",
        "test_objective_of_the_default_solver",
        "test_of_a_binary_fit",
        "test_of_several_outcomes",
        "test_optimal_and_certified",
        "test_optimal_certified_and_the_same",
        "test_pairs",
        "test_pairs_as_a_design",
        "test_path",
        "test_paths",
        "test_paths_are_the_same_to_their_tolerance",
        "test_predictions",
        "test_predictions_are_the_transformed_logits",
        "test_products",
        "test_proportional_odds_are_tested_as_stored",
        "test_refits",
        "test_replicates_are_those_in_memory",
        "test_residuals",
        "test_rows_drawn_are_fits_with_their_counts_as_weights",
        "test_rows_of_a_source_are_data_for_verbs",
        "test_rows_of_outcomes_are_right_to_four_units_of_what_is_summed",
        "test_sandwiches_that_a_fit_calls_for_are_those_in_memory",
        "test_scores_are_those_of_a_plain_loop",
        "test_separated_rows_are_at_their_limits_and_the_others_where_they_are",
        "test_separation_far_from_zero_is_separation_near_it",
        "test_signs_are_those_of_linear_programs",
        "test_small_and_hsiao",
        "test_squares_of_inner_columns_are_collected_as_if_these_were_orthogonal",
        "test_sums_are_added_to_what_is_there",
        "test_terms_of_restricted_models_by_refitting",
        "test_tests_of_terms_are_those_in_memory",
        "test_the_bound_is_below_the_minimum_from_anywhere",
        "test_the_error_of_the_first_fold_that_has_one",
        "test_the_estimate_exists_exactly_where_that_of_the_logit_does",
        "test_the_fit_and_its_posterior_are_those_of_the_long_way",
        "test_the_fit_is_glmnets_or_better",
        "test_the_fit_is_the_minimum_and_its_verbs_are_their_formulas",
        "test_the_gap_of_several_outcomes_is_a_bound_anywhere",
        "test_the_inner_route_over_blocks_of_rows",
        "test_the_largest_strength_is_where_the_first_coefficient_moves",
        "test_the_law_is_that_of_draws",
        "test_the_limit_is_that_of_rows_held",
        "test_the_minimum_of_a_model_with_groups",
        "test_the_oracle_tells_what_is_not_optimal",
        "test_the_page_has_what_is_right_and_no_more",
        "test_the_program_over_columns_decides_as_that_with_a_column_a_level",
        "test_the_rows_that_move_are_those_of_one_program",
        "test_the_schema_alone_knows_types_and_fields",
        "test_the_stated_gap_is_a_bound_at_every_tolerance",
        "test_threads_learn_what_one_pass_in_order_learns",
        "test_what_is_stored_is_optimal",
        "test_what_is_written_is_what_memory_has",
        "test_what_looks_at_its_own_row_is_coded_as_in_memory",
        "test_with_levels_eliminated_the_same_rows_have_no_answer",
        "test_working_sets",
    )
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and leave most kinds of the tests over many of them to the slow ones."""
    met: Counter[str] = Counter()
    for item in items:
        if getattr(item, "originalname", "") in MANY_KINDS and hasattr(item, "callspec"):
            test = item.nodeid.partition("[")[0]
            if met[test] % 3:
                item.add_marker(pytest.mark.slow)
            met[test] += 1
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Let a worker report what a test found, and not that a passing one began, was set up in no time, and ended.

    That is one message of six, of twelve thousand tests, which otherwise cost as much time as a thousand of them.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > 0.1:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(scope="session")
def blas() -> Any:
    """The BLAS of NumPy and of SciPy: to find them among all that is loaded takes a while, and is done once."""
    import scipy.linalg  # noqa: F401 - which loads its own
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@pytest.fixture
def two_blas_threads(blas: Any) -> Iterator[None]:
    """Let BLAS have two threads outside the package's own limit, whatever the machine has."""
    with blas.limit(limits=2):
        yield


@pytest.fixture
def figures_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the figures of a report, but write none as SVG, where a test reads its words: most of its time is that."""
    monkeypatch.setattr("logitkit.report.drawn.svg_of", lambda axes: "<svg/>")


class Debugger(doctest._OutputRedirectingPdb):  # type: ignore[misc, name-defined]
    """The debugger that each docstring gets ready, which need not ask whether the files of all tests have changed."""

    def reset(self) -> None:
        """Forget what was debugged before."""
        with patch.object(linecache, "checkcache"):
            super().reset()


class ClosedFigures:
    """Close what a test or an example drew: open figures pile up, and matplotlib warns at the twenty-first."""

    def pytest_runtest_teardown(self) -> None:
        """Close figures of pyplot."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")


def pytest_configure(config: pytest.Config) -> None:
    """Have figures closed after examples of ``src`` too, which hooks of this folder alone would not see."""
    doctest._OutputRedirectingPdb = Debugger
    config.pluginmanager.register(ClosedFigures())
