"""Images that are made rather than copied: of an instance, of snapshots, or of objects in OSS."""
