"""What an organisation sets up."""
