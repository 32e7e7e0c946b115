"""Tests of imageferry.Engine and its twin."""
