"""Which statements of dbt are kept for the builds after it."""

import re
from types import SimpleNamespace

from dbt.contracts.graph.manifest import Manifest

from kesher.build_plan import StatementRecorder, plannable_nodes


def test_dbt_is_left_what_reads_the_lake_and_what_starts_a_build(manifest: Manifest) -> None:
    plannable = plannable_nodes(manifest)
    left = {
        node.name: node.config.materialized
        for key, node in manifest.nodes.items()
        if key.startswith(("model.", "test.")) and key not in plannable
    }
    assert left.pop("int_identity__changed_records") == "start_of_build"
    assert left.pop("int_identity__ledger_marks") == "table"
    assert set(left.values()) <= {"lake_stream", "view"}
    # A view is what it was, for its code is.
    assert {name for name, kind in left.items() if kind == "view"} == {
        "int_identity__incoming_people",
        "int_identity__reliability",
    }


def test_a_test_is_kept_from_a_first_build_if_it_looks_at_no_model_that_follows(
    manifest: Manifest,
) -> None:
    """Such a test asks the same in the builds after it, which may be the first ones to run it."""
    recorder = StatementRecorder()
    tests = {
        key: node.depends_on_nodes
        for key, node in manifest.nodes.items()
        if key.startswith("test.kesher.primary_key_")
    }
    for key in tests:
        info = SimpleNamespace(name="SQLQuery")
        data = SimpleNamespace(node_info=SimpleNamespace(unique_id=key), sql="select 1")
        recorder(SimpleNamespace(info=info, data=data))
    kept = recorder.nodes(manifest, tests.keys(), None).keys()
    read = {parent.split(".")[-1] for key in kept for parent in tests[key]}
    assert {"stg_files__people", "int_identity__weights"} <= read
    assert read.isdisjoint({"int_identity__records", "customers", "customer_identities"})


def test_what_a_model_asks_of_the_warehouse_depends_on_nothing_in_it(manifest: Manifest) -> None:
    """Else its statements would be others the next time; these macros are known to be looked at."""
    asking = re.compile(
        r"run_query|load_result|fetch_result|load_cached_relation|get_relation|"
        r"get_columns_in_relation|drop_relation_if_exists|dbt_utils"
    )
    macros = {
        macro.name
        for macro in manifest.macros.values()
        if macro.package_name == "kesher" and asking.search(macro.macro_sql)
    }
    assert macros == {
        # Of staging and of the models that start a build, which stay with dbt.
        "materialization_lake_stream_default",
        "materialization_start_of_build_default",
        "duckdb__lake_files",
        "mapped_sources",
        "identity_can_follow",
        "identity_definition",
        "duckdb__project_digest",
        "ledger_marks",
        # Whether the build goes on: a model that asks it is only kept from a build that does.
        "duckdb__table_note",
        # Whether a table is there, as it is in a build that goes on, or a view, which a table of
        # the same project is not; and columns on other engines.
        "materialization_table_duckdb",
        "materialization_followed_default",
        "default__insert_by_name",
    }
    models = {node.name: node.raw_code for node in manifest.nodes.values()}
    assert not [name for name, code in models.items() if code and asking.search(code)]
