"""Recording a real API, and looking after what was recorded."""
