"""The registry type: envelope, lifecycle, identity, project."""
