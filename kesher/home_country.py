"""The country of what names none: whose telephone numbers those without a calling code are."""

from __future__ import annotations

#: dbt's variable for it, and that of the connection on which `kesher match` runs the models.
HOME_COUNTRY = "identity_home_country"

#: What it is unless told otherwise; the macro `home_country` says so too.
DEFAULT_HOME_COUNTRY = "IL"
