"""The version of imageferry, in one place and cheap to read."""

VERSION = "0.1.0"
