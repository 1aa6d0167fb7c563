"""What a stream's JSON schema says to `kesher sync`, beside the types of its fields."""

APPEND_ONLY = "x-append-only"
"""True: the vendor forgets old records, so what does not come again was not deleted."""

REREAD_DAYS = "x-reread-days"
"""The vendor does not tell what is gone: after so many days the stream is read from its start."""

READ_WHOLE = "x-read-whole"
"""True: every reading is of all records; only one that was not interrupted shows what is gone."""

START_FIELD = "x-start-field"
"""The field by which `start_date` tells old records from new; null: it leaves out none."""
