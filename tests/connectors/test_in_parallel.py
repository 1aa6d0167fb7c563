import threading
import time

import pytest

from connectors.in_parallel import MOST_AT_ONCE, in_order


def test_answers_come_in_the_order_of_the_items_though_asked_for_side_by_side():
    meeting = threading.Barrier(4)

    def ask(number):
        if number < 4:
            # Nobody gets on before all four are there; then the first one is the slowest.
            meeting.wait(timeout=10)
            time.sleep((4 - number) / 50)
        return number * 10

    assert list(in_order(ask, range(20))) == [number * 10 for number in range(20)]


def test_an_error_comes_in_its_place_and_ends_the_asking():
    asked = []

    def ask(number):
        asked.append(number)
        if number == 3:
            msg = "the third fails"
            raise ValueError(msg)
        time.sleep(0.02)
        return number

    answers = in_order(ask, range(1000))
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="third"):
        next(answers)
    assert len(asked) <= 4 * MOST_AT_ONCE


@pytest.mark.parametrize("items", [[], [7]])
def test_what_is_alone_needs_no_threads(items):
    before = threading.active_count()
    answers = [(item, threading.active_count()) for item in in_order(lambda item: item, items)]
    assert answers == [(item, before) for item in items]
