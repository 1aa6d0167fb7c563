"""Splink 5 set up for each input, as its own documentation sets it up.

`febrl3` and `febrl4` are the models that Splink publishes for these very data sets
(docs/demos/examples/duckdb/febrl3 and febrl4 in its repository). For customers of a company there
is no published one, so `customers` follows its guides: cleaned columns, the comparisons of its
comparison library, one comparison of the address because the parts of an address are no separate
evidence, term frequencies wherever a value may be common, u by random sampling, m by expectation
maximisation, no columns kept that are not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import Linker, SettingsCreator, block_on
from splink.blocking_rule_library import CustomRule


@dataclass(frozen=True)
class Model:
    """How Splink resolves one kind of input.

    Attributes:
        clean: Makes of the relation `input` the relation that is compared, with a column
            `unique_id`, which is `source` and `record_id` (or `rec_id`) joined by a `|`.
        settings: Splink's settings.
        train: Estimates all parameters.
        least_probability: Pairs below it are not predicted.
        threshold: Probability from which on two records are clustered: what Splink's own example
            of this model uses.
        tables: The sources, if each is a table of its own to be linked with the others; else none.
    """

    clean: str
    settings: SettingsCreator
    train: Callable[[Linker], None]
    least_probability: float
    threshold: float
    tables: tuple[str, ...] = ()


def model(name: str) -> Model:
    """Return one of the models that `MODELS` names."""
    return MODELS[name]()


_CLEAN_CUSTOMERS = r"""
    with
        texts as (
            select
                source || '|' || record_id as unique_id,
                lower(trim(full_name)) as full_name,
                lower(trim(given_name)) as given_name,
                lower(trim(family_name)) as family_name,
                regexp_replace(lower(trim(email)), '\+[^@]*@', '@') as email,
                regexp_replace(
                    replace(coalesce(phone, other_phone), '(0)', ''), '[^0-9+]', '', 'g'
                ) as digits,
                lower(trim(street)) as street,
                lower(trim(city)) as city,
                replace(upper(postcode), ' ', '') as postcode,
                case lower(trim(country))
                    when 'gb' then '44'
                    when 'united kingdom' then '44'
                    when 'de' then '49'
                    when 'germany' then '49'
                    when 'fr' then '33'
                    when 'france' then '33'
                    else '972'
                end as calling_code,
                lower(trim(company)) as company,
                right(replace(birth_date, '/', '-'), 5) as birthday
            from input
        ),
        names as (
            select
                *,
                coalesce(
                    given_name, nullif(regexp_extract(full_name, '^(\S+)\s', 1), ''), full_name
                ) as given,
                coalesce(
                    family_name, nullif(regexp_extract(full_name, '\s+(.*)$', 1), '')
                ) as family
            from texts
        )
    select
        unique_id,
        given,
        family,
        given || ' ' || family as given_family,
        email,
        case
            when digits = '' then null
            when digits like '+%' then digits
            when digits like '00%' then '+' || substr(digits, 3)
            when digits like '0%' then '+' || calling_code || substr(digits, 2)
            when length(digits) = 10 then '+1' || digits
            else '+' || digits
        end as phone,
        street,
        city,
        postcode,
        company,
        birthday
    from names
"""


def _customers() -> Model:
    address = comparisons.CustomComparison(
        output_column_name="address",
        comparison_levels=[
            levels.And(levels.NullLevel("city"), levels.NullLevel("postcode")),
            levels.CustomLevel("street_l = street_r and city_l = city_r", "street and city"),
            levels.ExactMatchLevel("postcode", term_frequency_adjustments=True),
            levels.ExactMatchLevel("city", term_frequency_adjustments=True),
            levels.ElseLevel(),
        ],
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("given", "family"),
            CustomRule("l.given = r.family and l.family = r.given"),
            block_on("family", "postcode"),
            block_on("given", "postcode"),
            block_on("given", "company"),
            block_on("family", "company"),
            block_on("family", "substr(given, 1, 1)", "city"),
            block_on("street", "postcode"),
        ],
        comparisons=[
            comparisons.ForenameSurnameComparison(
                "given", "family", forename_surname_concat_col_name="given_family"
            ),
            comparisons.EmailComparison("email"),
            comparisons.ExactMatch("phone").configure(term_frequency_adjustments=True),
            address,
            comparisons.JaroWinklerAtThresholds("company", 0.9).configure(
                term_frequency_adjustments=True
            ),
            comparisons.ExactMatch("birthday"),
        ],
    )

    def train(linker: Linker) -> None:
        linker.training.estimate_probability_two_random_records_match(
            [
                block_on("email", "given"),
                block_on("phone", "given"),
                block_on("given", "family", "postcode"),
            ],
            recall=0.6,
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
        for rule in (block_on("given", "family"), block_on("email"), block_on("phone")):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True
            )

    # 0.95 is what Splink's guide to settings and its example of 50,000 persons cluster at.
    return Model(_CLEAN_CUSTOMERS, settings, train, least_probability=0.2, threshold=0.95)


_CLEAN_FEBRL = """
    select *, source || '|' || rec_id as unique_id, given_name || '_' || surname as full_name
    from input
"""


def _febrl3() -> Model:
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("soc_sec_id"),
            block_on("given_name"),
            block_on("surname"),
            block_on("date_of_birth"),
            block_on("postcode"),
        ],
        comparisons=[
            comparisons.NameComparison("given_name"),
            comparisons.NameComparison("surname"),
            comparisons.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d"
            ),
            comparisons.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            comparisons.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            comparisons.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
    )

    def train(linker: Linker) -> None:
        linker.training.estimate_probability_two_random_records_match(
            [
                block_on("soc_sec_id"),
                block_on("given_name", "surname", "date_of_birth"),
                "l.given_name = r.surname and l.surname = r.given_name "
                "and l.date_of_birth = r.date_of_birth",
            ],
            recall=0.9,
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
        for rule in (block_on("date_of_birth"), block_on("postcode")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)

    # The example predicts from 0.2 on and does not cluster; 0.95 as in Splink's guides.
    return Model(_CLEAN_FEBRL, settings, train, least_probability=0.2, threshold=0.95)


def _febrl4() -> Model:
    """Return the last, most detailed of the three models of Splink's example."""
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            CustomRule("l.given_name = r.surname and l.surname = r.given_name"),
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        comparisons=[
            _full_name(),
            comparisons.DateOfBirthComparison(
                "date_of_birth",
                input_is_string=True,
                datetime_format="%Y%m%d",
                invalid_dates_as_null=True,
            ),
            _damerau_levenshtein("soc_sec_id", 2),
            _damerau_levenshtein("street_number", 1),
            _damerau_levenshtein("postcode", 2),
        ],
    )

    def train(linker: Linker) -> None:
        linker.training.estimate_probability_two_random_records_match(
            [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
            recall=0.8,
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
        for rule in (block_on("date_of_birth"), block_on("postcode")):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True
            )

    return Model(
        _CLEAN_FEBRL, settings, train, least_probability=0.0, threshold=0.99, tables=("a", "b")
    )


def _full_name() -> comparisons.CustomComparison:
    crossed = (
        "jaro_winkler_similarity(given_name_l, surname_r)"
        " + jaro_winkler_similarity(surname_l, given_name_r)"
    )
    nothing: dict[str, Any] = {
        "sql_condition": "(given_name_l is null or given_name_r is null)"
        " and (surname_l is null or surname_r is null)",
        "label_for_charts": "Null",
        "is_null_level": True,
    }
    return comparisons.CustomComparison(
        output_column_name="full_name",
        comparison_levels=[
            nothing,
            levels.ExactMatchLevel("full_name", term_frequency_adjustments=True),
            levels.JaroWinklerLevel("full_name", 0.9),
            levels.JaroWinklerLevel("full_name", 0.7),
            levels.ColumnsReversedLevel("given_name", "surname"),
            {"sql_condition": f"{crossed} >= 1.8", "label_for_charts": "switched, alike"},
            {"sql_condition": f"{crossed} >= 1.4", "label_for_charts": "switched, rather alike"},
            levels.ExactMatchLevel("given_name", term_frequency_adjustments=True),
            levels.ExactMatchLevel("surname", term_frequency_adjustments=True),
            {
                "sql_condition": "given_name_l = surname_r or surname_l = given_name_r",
                "label_for_charts": "one name switched",
            },
            levels.JaroWinklerLevel("given_name", 0.9),
            levels.JaroWinklerLevel("surname", 0.9),
            levels.ElseLevel(),
        ],
    )


def _damerau_levenshtein(column: str, furthest: int) -> comparisons.CustomComparison:
    return comparisons.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            levels.NullLevel(column),
            levels.ExactMatchLevel(column, term_frequency_adjustments=True),
            *(levels.DamerauLevenshteinLevel(column, each) for each in range(1, furthest + 1)),
            levels.ElseLevel(),
        ],
    )


MODELS: dict[str, Callable[[], Model]] = {
    "customers": _customers,
    "febrl3": _febrl3,
    "febrl4": _febrl4,
}
