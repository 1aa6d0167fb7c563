"""Mailchimp: audiences and their members, campaigns, and who opened and clicked them."""
