"""One ECS instance: made of an image, changed in place, released."""
