"""`kesher review`: what stewards should look at, and what they say about it.

Pairs come from what is published, decisions go into the store; the next build takes them.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, cast

from decisions.decision import Decision, RecordName, Verdict, ordered, standing
from decisions.store import DecisionStore
from kesher.config import Config
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.review_queue import PublishedRecord, UnknownRecordError, published_queue
from kesher.review_screen import plain, print_decisions, print_pair, print_queue
from kesher.steward_decisions import decision_store
from kesher.terminal import Terminal

_PROMPT = "same, different, skip, undo or quit? "
_LAST_PROMPT = "undo the last decision, or quit? "
_ANSWERS = {
    "s": "same",
    "d": "different",
    "k": "skip",
    "u": "undo",
    "q": "quit",
    **{answer: answer for answer in ("same", "different", "skip", "undo", "quit")},
}
_HELP = (
    "s same: they are one customer. d different: they are two. k skip: can't tell; the pair comes "
    "back when its records compare differently. u undo: take your last decision back. q quit. "
    "What follows the word is kept as a note, e.g.: d father and son"
)


class UndoError(KesherError):
    """There is nothing that could be taken back."""

    exit_code = 2


def steward_name(given: str | None) -> str:
    """Return who decides: the name given, else the login name.

    Raises:
        KesherError: the system knows no login name.
    """
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise KesherError("This system does not know who you are: say it with --by.") from error


def list_pairs(
    config: Config, data: DataDirectory, limit: int | None
) -> tuple[list[dict[str, Any]], int]:
    """Return the open pairs of the queue, most valuable first, and how many there are in all.

    Raises:
        KesherError: nothing is published, or the store can't be read.
    """
    with decision_store(config, data) as store, published_queue(data) as queue:
        return queue.open_pairs(standing(store.decisions()).values(), limit)


def print_pairs(pairs: Sequence[dict[str, Any]], open_count: int, terminal: Terminal) -> None:
    """Print the open pairs for people."""
    if not open_count:
        terminal.say("Nothing is left to review.")
        return
    print_queue(pairs, open_count, terminal)
    terminal.say("kesher review next shows one after the other and asks.")


def decide(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    left: str,
    right: str,
    verdict: str,
    *,
    by: str,
    note: str | None,
) -> Decision:
    """Decide about two records, named `source:record_id`.

    Raises:
        UnknownRecordError: one of them is not published, or its name is none.
        KesherError: nothing is published, or the store can't be written.
    """
    names = _record_name(left), _record_name(right)
    with decision_store(config, data) as store, published_queue(data) as queue:
        records = queue.record(names[0]), queue.record(names[1])
        before = standing(store.decisions()).get(ordered(*names))
        decision = store.decide(
            *names,
            cast("Verdict", verdict),
            by=by,
            note=note,
            evidence=queue.evidence(*records),
        )
    terminal.say(_told(decision, before, records))
    return decision


def undo(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    named: Sequence[str],
    *,
    by: str,
    note: str | None,
) -> Decision:
    """Take a decision back.

    Args:
        config: Says where the store is.
        data: Has the store by default.
        terminal: Where it is told.
        named: Two records, or the id of a decision, or nothing: the last that `by` decided.
        by: Who takes it back.
        note: Why.

    Raises:
        UndoError: no such decision holds.
        KesherError: the store can't be written.
    """
    with decision_store(config, data) as store:
        decisions = store.decisions()
        taken_back = _to_take_back(decisions, named, by)
        undone = store.undo(taken_back, by=by, note=note)
        now = standing(store.decisions()).get(undone.pair)
    back = f" What holds is {now.verdict}, by {now.decided_by}, again." if now else ""
    terminal.say(f"Taken back for {undone.left} and {undone.right}.{back} {_EFFECT}")
    return undone


def list_decisions(
    config: Config, data: DataDirectory, limit: int | None
) -> tuple[list[Decision], set[str], set[str]]:
    """Return the newest decisions, the newest first, and the ids of those that hold and are undone.

    Raises:
        KesherError: the store can't be read.
    """
    with decision_store(config, data) as store:
        decisions = store.decisions()
    holding = {decision.decision_id for decision in standing(decisions).values()}
    undone = {
        decision.undone_decision_id
        for decision in decisions
        if decision.undone_decision_id is not None
    }
    return list(reversed(decisions))[:limit], holding, undone


def print_decision_list(
    listed: tuple[list[Decision], set[str], set[str]], terminal: Terminal
) -> None:
    """Print decisions for people."""
    if not listed[0]:
        terminal.say("Nothing was decided yet.")
        return
    print_decisions(*listed, terminal)


def decision_rows(listed: tuple[list[Decision], set[str], set[str]]) -> list[dict[str, Any]]:
    """Return decisions as `--json` prints them."""
    decisions, holding, undone = listed
    return [
        {
            **asdict(decision),
            "left": str(decision.left),
            "right": str(decision.right),
            "holds": decision.decision_id in holding,
            "is_undone": decision.decision_id in undone,
        }
        for decision in decisions
    ]


def review_next(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    *,
    by: str,
    ask: Callable[[str], str] | None,
) -> int:
    """Show the most valuable open pair; ask about it, and go on with the next until quit.

    Args:
        config: Says where the store is.
        data: Has what is published.
        terminal: Where pairs are shown.
        by: Who decides.
        ask: Prompts and returns what was typed; raises EOFError at the end of input. None: nobody
            is there to answer, one pair is shown and that is all.

    Returns:
        How many decisions were made, undos too.

    Raises:
        KesherError: nothing is published, or the store can't be used.
    """
    made: list[Decision] = []
    with decision_store(config, data) as store, published_queue(data) as queue:
        while True:
            pairs, open_count = queue.open_pairs(standing(store.decisions()).values(), 1)
            if not pairs:
                terminal.say("Nothing is left to review.")
                # The last decision may be a slip like any other.
                if ask is not None and made and _takes_back(ask):
                    _undo_last(store, made, by, None, terminal)
                    continue
                break
            pair = pairs[0]
            left, right = (_side(pair, side) for side in ("left", "right"))
            print_pair(
                pair,
                queue.attributes(left),
                queue.attributes(right),
                open_count,
                terminal,
            )
            if ask is None:
                terminal.say(
                    f"To decide: kesher review decide {plain(left.name)} {plain(right.name)} "
                    "same|different|skip"
                )
                break
            answer, note = _answer(ask, terminal)
            if answer == "quit":
                break
            if answer == "undo":
                _undo_last(store, made, by, note, terminal)
                continue
            made.append(
                store.decide(
                    left.name,
                    right.name,
                    cast("Verdict", answer),
                    by=by,
                    note=note,
                    evidence=pair["evidence"],
                )
            )
    if made:
        plural = "s" * (len(made) != 1)
        terminal.say(f"{len(made)} decision{plural} kept. {_EFFECT}")
    return len(made)


_EFFECT = "The next kesher build or run takes it into account."


def _answer(ask: Callable[[str], str], terminal: Terminal) -> tuple[str, str | None]:
    """Ask until there is an answer that makes sense."""
    while True:
        try:
            typed = ask(_PROMPT)
        except EOFError:
            return "quit", None
        word, _, note = typed.strip().partition(" ")
        answer = _ANSWERS.get(word.lower())
        if answer is not None:
            return answer, note.strip() or None
        terminal.say(_HELP)


def _takes_back(ask: Callable[[str], str]) -> bool:
    """Ask, when no pair is left, whether the last decision is to be taken back."""
    try:
        typed = ask(_LAST_PROMPT)
    except EOFError:
        return False
    return _ANSWERS.get(typed.strip().partition(" ")[0].lower()) == "undo"


def _undo_last(
    store: DecisionStore, made: list[Decision], by: str, note: str | None, terminal: Terminal
) -> None:
    """Take back the newest decision of this sitting; older ones are too easily forgotten."""
    holding = {decision.decision_id for decision in standing(store.decisions()).values()}
    own = [decision for decision in made if decision.decision_id in holding]
    if not own:
        terminal.say("You have decided nothing yet that could be taken back here.")
        return
    undone = store.undo(own[-1].decision_id, by=by, note=note)
    made.append(undone)
    terminal.say(f"Taken back for {plain(undone.left)} and {plain(undone.right)}.")


def _to_take_back(decisions: list[Decision], named: Sequence[str], by: str) -> str:
    """Return the id of the decision that an undo means."""
    if len(named) == 1 and ":" not in named[0]:
        return named[0]
    holding = standing(decisions)
    if len(named) == 2:
        pair = ordered(_record_name(named[0]), _record_name(named[1]))
        if pair not in holding:
            raise UndoError(f"No decision holds for {pair[0]} and {pair[1]}.")
        return holding[pair].decision_id
    if named:
        raise UndoError("Name two records, or one decision, or nothing for your last decision.")
    own = [decision for decision in holding.values() if decision.decided_by == by]
    if not own:
        raise UndoError(f"No decision of {by} holds that could be taken back.")
    return max(own, key=lambda decision: decision.decided_at).decision_id


def _record_name(text: str) -> RecordName:
    try:
        return RecordName.parse(text)
    except ValueError as error:
        raise UnknownRecordError(f"A record's name: {error}.") from error


def _side(pair: dict[str, Any], side: str) -> PublishedRecord:
    return PublishedRecord(
        RecordName(pair[f"{side}_source"], pair[f"{side}_record_id"]),
        pair[f"{side}_customer_id"],
        pair[f"{side}_name"],
    )


def _told(
    decision: Decision,
    before: Decision | None,
    records: tuple[PublishedRecord, PublishedRecord],
) -> str:
    """Say what was decided, what it replaces, and when it takes effect."""
    persons = " and ".join(
        f"{plain(record.name)} ({plain(record.person) or 'no name'})" for record in records
    )
    replaced = (
        f" It replaces {before.verdict}, by {plain(before.decided_by)} on "
        f"{before.decided_at:%Y-%m-%d}."
        if before
        else ""
    )
    return f"{persons}: {decision.verdict}.{replaced} {_EFFECT}"
