"""The consulting workbench: readiness, outcomes and allocation of a client that moves from project to product."""
