"""The exercises and the questions of each chapter; helpers/check.py says how they are written."""
