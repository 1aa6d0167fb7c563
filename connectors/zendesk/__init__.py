"""Zendesk Support: users, organizations, tickets, ticket comments, satisfaction ratings."""
