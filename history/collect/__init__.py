"""Measures two revisions side by side and leaves a folder of pairs; run again on the same folder, it goes on where it stopped.

revision          names to commits; the working tree frozen as one
reaper            a process that outlives ours, and cleans up
process           one fresh process of pytest, one file
unknown_options   what one side's suite lacks of the options that both are given
schedule          whose turn it is: AB BA AB BA, all cases first, then suspects
progress          the bar
collector         all of it together
"""
