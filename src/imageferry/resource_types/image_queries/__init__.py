"""Looking for images by what they are like: a type that makes nothing."""
