"""A folder of pairs, base and head each measured by a fresh process: what is compared, how it is decided, and which files are there.

plan         levels, looks and limits, fixed before the first measurement
comparison   what is compared, kept in the folder
folder       NN-base.json and NN-head.json of a folder
"""
