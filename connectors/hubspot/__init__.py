"""HubSpot: contacts, companies, deals, owners and what was said and done with them."""
