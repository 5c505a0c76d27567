"""A sandbox as a user's code holds it: accounts, in-process transports, the control."""
