import os
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import pytest

from kesher.child_process import ChildError, run_apart

MUCH = b"x" * 5_000_000


def _size(data: bytes) -> int:
    print("heard", len(data))
    return len(data)


def _fail(_data: bytes) -> None:
    raise ValueError("no\nsuch thing")


def _die(_data: bytes) -> None:
    os._exit(7)


def test_a_result_comes_back_and_what_is_printed_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    assert run_apart(_size, (MUCH,), name="child", log=log) == len(MUCH)
    assert log.read_text() == f"heard {len(MUCH)}\n"


def test_an_error_is_one_line_and_its_traceback_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    with pytest.raises(ChildError, match=r"^ValueError: no such thing$"):
        run_apart(_fail, (MUCH,), name="child", log=log)
    assert "Traceback" in log.read_text()


def test_a_process_that_dies_at_work_is_told(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match=r"ended unexpectedly \(exit code 7\)"):
        run_apart(_die, (MUCH,), name="child", log=tmp_path / "child.log")


def test_a_process_that_dies_before_it_reads_its_arguments_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A new process imports the main program first, and here that fails.
    program = tmp_path / "program.py"
    program.write_text("raise SystemExit(3)\n")
    main = types.ModuleType("__main__")
    main.__file__ = str(program)
    monkeypatch.setitem(sys.modules, "__main__", main)
    with pytest.raises(ChildError, match=r"ended unexpectedly \(exit code 3\)"):
        run_apart(_size, (MUCH,), name="child", log=tmp_path / "child.log")


def test_a_process_dies_with_its_parent(tmp_path: Path) -> None:
    script = """
        import os, time
        from kesher.child_process import start_child
        def child(connection):
            print(os.getpid(), flush=True)
            time.sleep(60)
        if __name__ == "__main__":
            start_child(child, (), "child")
            time.sleep(60)
    """
    file = tmp_path / "parent.py"
    file.write_text(textwrap.dedent(script))
    parent = subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in _process_state(child):
            break
        time.sleep(0.05)
    else:
        os.kill(child, 9)
        raise AssertionError("the child outlived its parent")


def _process_state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
