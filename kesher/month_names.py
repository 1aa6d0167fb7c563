"""The months' names in the languages in which lists of people come."""

from __future__ import annotations

from collections.abc import Mapping

# From January to December, in lower case and without accents; other forms after a stroke. The first
# three letters of a name of four or more are understood as well, if no two months begin so.
_NAMES: Mapping[str, str] = {
    "English": "january february march april may june july august september|sept october november "
    "december",
    "German": "januar|janner februar marz|maerz|mrz april mai juni juli august september|sept "
    "oktober november dezember",
    "French": "janvier|janv fevrier|fevr mars avril|avr mai juin juillet|juil aout septembre|sept "
    "octobre novembre decembre",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre "
    "noviembre diciembre",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre|sett ottobre "
    "novembre dicembre",
    "Portuguese": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "Dutch": "januari februari maart|mrt april mei juni juli augustus september oktober november "
    "december",
    "Hebrew": "ינואר פברואר מרץ|מרס|מארס אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
}


def month_numbers() -> dict[str, int]:
    """Return each name and short form with the number of its month."""
    numbers: dict[str, int] = {}
    shortened: dict[str, set[int]] = {}
    for names in _NAMES.values():
        for number, forms in enumerate(names.split(), start=1):
            for form in forms.split("|"):
                numbers[form] = number
                shortened.setdefault(form[:3], set()).add(number)
    for short, months in shortened.items():
        if len(months) == 1 and short not in numbers:
            numbers[short] = months.pop()
    return numbers
