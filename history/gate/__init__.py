"""The regression gate: files of pairs → evidence → verdicts → exit code and reports. Data flows in that order, never back.

folder      NN-base.json and NN-head.json of a folder
evidence    one number a process: what each case did in each pair
comparable  what must be the same on both sides
plan        levels, looks and limits, fixed before the first measurement
moderation  a case's spread, steadied by the spread of the other cases
sequential  which cases changed, and which deserve more pairs
findable    the smallest change that could have been found
memory      the rule for peaks
verdict     the words
decision    evidence and plan to verdicts
terminal, markdown, junit   the same decision, rendered
"""
