"""A local ECS that answers as the cloud does; it knows nothing of this project but `wire`."""
