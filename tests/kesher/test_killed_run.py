"""A run that is killed, again and again. Alone in its file, for it takes minutes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time

import pytest
from published_marts import assert_same, marts


@pytest.mark.slow
def test_killed_at_ten_random_moments_it_ends_the_same(published_demo, tmp_path) -> None:
    disturbed = tmp_path / "disturbed" / "data"
    disturbed.parent.mkdir()
    people = ["--people", "150", "--seed", "11"]
    command = [sys.executable, "-m", "kesher", "--data-dir", str(disturbed)]
    subprocess.run([*command, "sandbox", "create", *people], check=True, capture_output=True)
    took = published_demo.status["last_run"]["seconds"]
    moments = random.Random(7)  # noqa: S311
    for _ in range(10):
        run = subprocess.Popen(
            [*command, "run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        time.sleep(moments.uniform(0.2, took))
        run.send_signal(signal.SIGKILL)
        output, _ = run.communicate()
        assert run.returncode in (0, -signal.SIGKILL), output
    subprocess.run([*command, "run"], check=True, capture_output=True)
    pointer = json.loads((disturbed / "serving" / "current.json").read_text())
    assert_same(
        marts(disturbed / "serving" / pointer["file"], of_one_history=False),
        marts(published_demo.serving, of_one_history=False),
    )
    assert not list(disturbed.rglob("*.tmp"))
