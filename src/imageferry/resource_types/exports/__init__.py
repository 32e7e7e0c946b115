"""Exports of images to buckets: begun, watched, cancelled; what they leave in the bucket stays."""
