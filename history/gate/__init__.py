"""The regression gate: files of pairs → evidence → verdicts → exit code and reports. Data flows in that order, never back.

evidence    one number a process: what each case did in each pair
comparable  what must be the same on both sides
moderation  a case's spread, steadied by the spread of the other cases
sequential  which cases changed, and which deserve more pairs
findable    the smallest change that could have been found
memory      the rule for peaks
verdict     the words
decision    evidence and plan to verdicts
terminal, markdown, junit   the same decision, rendered
noise       how noisy a machine is: what this gate makes of pairs in which nothing changed
"""
