pytest_plugins = [
    "harness.session.options",
    "harness.session.ending",
    "harness.session.applicable",
    "harness.session.cases",
    "harness.session.recording",
    "harness.session.machine",
    "harness.session.journal.journaling",
    "harness.session.beforehand",
    "harness.session.measuring",
    "harness.session.examination.examining",
    "harness.session.gpu_processes",
    "harness.session.terminal.summary",
]
