"""What lives long is not walked in the search for garbage."""

import gc

from kesher.garbage_collection import rare_garbage_collection


def test_the_search_is_rare_spares_what_was_there_and_is_as_before_at_the_end() -> None:
    before = gc.get_threshold()
    with rare_garbage_collection():
        assert gc.get_threshold() > before
        assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
