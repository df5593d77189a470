"""A benchmark of the harness itself: the suite's median of a train step beside a bare loop of the same step.

python -m tests.calibration.overhead --worker pytorch=popen//python=… --worker tensorflow=popen//python=…
"""
