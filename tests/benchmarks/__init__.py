"""Benchmarks: ratios against a named baseline in the same run, reported and never asserted.

``python -m tests.benchmarks.throughput``   full screening against raw fugashi on the same texts
"""
