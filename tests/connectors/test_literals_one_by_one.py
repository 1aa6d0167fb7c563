"""CPython confuses two threads that parse literals at once; the requests of a source never do."""

import ast
import threading
import time

import pytest
from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString

from connectors.in_parallel import in_order
from connectors.registry import create_source


def test_two_requests_never_evaluate_their_expressions_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_source("stripe", {"client_secret": "sk_test_1"})
    evaluate, inside, most = ast.literal_eval, threading.Semaphore(0), []

    def slowly(text):
        inside.release()
        time.sleep(0.01)
        most.append(inside._value)
        inside.acquire()
        return evaluate(text)

    monkeypatch.setattr(ast, "literal_eval", slowly)
    texts = [InterpolatedString.create("{{ config['n'] }}", parameters={}) for _ in range(8)]
    answers = list(in_order(lambda text: text.eval({"n": 7}), texts))
    assert answers == [7] * 8
    assert most == [1] * 8
