"""The Store socket on SQL: stacks, change sets, operations and their journals, kept durably."""
