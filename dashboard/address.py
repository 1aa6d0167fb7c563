"""Choices that are kept in the page's address, so that a link shows what its sender saw.

Streamlit can bind a widget to the address by itself, but writes the label that the reader saw:
a link sent from a Hebrew page would then mean nothing on an English one. Here the address holds
the value, and the widget follows the address.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

Option = TypeVar("Option", str, int)


def chosen(name: str, options: Sequence[Option], default: Option | None = None) -> Option | None:
    """What the address says, if it is one of the options; else the default."""
    return {str(option): option for option in options}.get(st.query_params.get(name, ""), default)


def follow(
    name: str,
    options: Sequence[Option],
    default: Option | None = None,
    then: Callable[[], None] | None = None,
) -> tuple[str, Callable[[], None]]:
    """Make a widget follow the address.

    Args:
        name: The parameter's name in the address.
        options: The values it may have.
        default: The value when the address says nothing; it is left out of the address.
        then: Called after the reader has chosen.

    Returns:
        The `key` and the `on_change` for the widget.
    """
    key = f"address_{name}"

    def write() -> None:
        value = st.session_state.get(key)
        if value is None or value == default:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = str(value)
        if then is not None:
            then()

    st.session_state[key] = chosen(name, options, default)
    return key, write
