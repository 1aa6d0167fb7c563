"""What a stream's JSON schema says to `kesher sync`, beside the types of its fields."""

APPEND_ONLY = "x-append-only"
"""True: the vendor forgets old records, so what does not come again was not deleted."""

PARTS = "x-parts"
"""The fields that say of which part, a file as it was when it was read, a record is. The parts that
there are stand in the state, under `parts`: a record of any other one is gone from it."""

REREAD_DAYS = "x-reread-days"
"""The vendor does not tell what is gone: after so many days the stream is read from its start."""

READ_WHOLE = "x-read-whole"
"""True: every reading is of all records; only one that was not interrupted shows what is gone."""

START_FIELD = "x-start-field"
"""The field by which `start_date` tells old records from new; null: it leaves out none."""
