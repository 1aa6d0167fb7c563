"""Lists of people in files: CSV, Parquet, JSON Lines and Excel."""
