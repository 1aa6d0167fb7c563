"""Hebrew that stands back to front, as DOS programs and old web pages had it: in visual order.

Five letters have another form at the end of a word. Where words begin with these forms, the letters
were written in the order in which the eye sees them on the line, from left to right.
"""

import re

_FINAL_FORMS = "ךםןףץ"
_WORD = re.compile("[א-ת]{2,}")
_ENOUGH = 3
_SHARE = 10


def back_to_front(text: str) -> str | None:
    """What is wrong with a text whose Hebrew is in visual order, and what to do; None if it is not.

    Args:
        text: some lines of it.
    """
    words = _WORD.findall(text)
    turned = [word for word in words if word[0] in _FINAL_FORMS]
    right = sum(word[-1] in _FINAL_FORMS for word in words)
    if len(turned) < _ENOUGH or len(turned) * _SHARE < right:
        return None
    return (
        f"its Hebrew stands back to front ({turned[0]!r} is {turned[0][::-1]!r}) and comes so, for "
        "only the program that wrote it can turn it: have it exported in logical order"
    )
