"""Stripe: customers, invoices, charges, refunds, subscriptions, products."""
