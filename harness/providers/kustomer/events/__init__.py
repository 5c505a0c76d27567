"""What is told of writes: events of customers, audit logs, webhooks."""
