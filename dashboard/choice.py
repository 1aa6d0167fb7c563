"""How the value that a customer shows was chosen, told in the reader's language.

The rules are data, and a user may write new ones: what has no words here is shown as it is written
in the seed `identity_survivorship_rules`.
"""

from dashboard.words import WORDS, Words


def told(words: Words, rule: str) -> str:
    """Tell a rule, or the part of it that decided.

    Args:
        words: The reader's words.
        rule: Criteria such as `a whole date; then hubspot before any other`.
    """
    then = words.text("customer.rule_then")
    text = f"; {then} ".join(_criterion(words, part.strip()) for part in rule.split("; then "))
    return text[:1].upper() + text[1:]


def _criterion(words: Words, text: str) -> str:
    key = f"rule.{text.lower()}"
    if key in WORDS:
        return words.text(key)
    sources = text.split(" before ")
    if len(sources) == 1:
        return text
    before = words.text("customer.rule_before")
    return f" {before} ".join(
        words.text("rule.any other") if name == "any other" else words.of("source", name)
        for name in sources
    )
