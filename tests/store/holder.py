"""A program outside the workbench that has the file open: ``holder.py PATH``; lets go when a line comes in."""

import sys

import duckdb

connection = duckdb.connect(sys.argv[1])
print("held", flush=True)  # noqa: T201
sys.stdin.readline()
connection.close()
