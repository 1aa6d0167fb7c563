import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
import types
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kesher.child_process import ChildError, run_apart, start_child

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


@pytest.mark.parametrize("imported", [(), ("json.tool",)], ids=["alone", "imported-once"])
def test_a_process_dies_with_its_parent(tmp_path: Path, imported: tuple[str, ...]) -> None:
    script = f"""
        import os, time
        from kesher.child_process import start_child
        def child(connection):
            print(os.getpid(), flush=True)
            time.sleep(60)
        if __name__ == "__main__":
            start_child(child, (), "child", imported={imported!r})
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


def _tell_state(connection: Connection) -> None:
    connection.send((os.getppid(), os.environ.get("KESHER_TEST"), "colorsys" in sys.modules))
    connection.close()


@pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="processes can't be forked"
)
def test_processes_share_what_is_imported_once_and_not_an_old_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = []
    for value in ("first", "second"):
        monkeypatch.setenv("KESHER_TEST", value)
        process, connection = start_child(_tell_state, (), "child", imported=("colorsys",))
        told.append(connection.recv())
        process.join()
    (parent, *first), (other_parent, *second) = told
    assert parent == other_parent != os.getpid()
    assert (first, second) == (["first", True], ["second", True])


def test_a_forked_process_that_is_killed_tells_the_signal() -> None:
    process, connection = start_child(_sleep, (), "child", imported=("colorsys",))
    connection.recv()
    os.kill(process.pid or 0, signal.SIGKILL)
    with pytest.raises(EOFError):
        connection.recv()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_temporary_folder_with_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    script = """
        from kesher.child_process import start_child
        def child(connection):
            connection.send("done")
        if __name__ == "__main__":
            process, connection = start_child(child, (), "child", imported=("colorsys",))
            print(connection.recv())
    """
    file = tmp_path / "parent.py"
    file.write_text(textwrap.dedent(script))
    environment = {**os.environ, "TMPDIR": str(folder)}
    found = subprocess.run(
        [sys.executable, str(file)], env=environment, capture_output=True, text=True
    )
    assert (found.stdout, found.stderr) == ("done\n", "")


def test_ctrl_c_while_modules_are_imported_prints_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(1.5)\n")
    script = """
        import os, sys
        from kesher.child_process import start_child
        def child(connection):
            pass
        if __name__ == "__main__":
            print("begins", flush=True)
            try:
                start_child(child, (), "child", imported=("slow_module",))
            except KeyboardInterrupt:
                print("stopped", flush=True)
                os._exit(0)
    """
    file = tmp_path / "parent.py"
    file.write_text(textwrap.dedent(script))
    parent = subprocess.Popen(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "begins\n"
    time.sleep(0.7)
    # As the terminal does it: to all processes.
    os.killpg(parent.pid, signal.SIGINT)
    said, complained = parent.communicate(timeout=30)
    assert (said, complained) == ("stopped\n", "")


def _sleep(connection: Connection) -> None:
    connection.send("here")
    time.sleep(60)


def _process_state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
