"""The screens of Kesher: what was published, for the people who serve the customers."""
