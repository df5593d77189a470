pytest_plugins = [
    "harness.session.options",
    "harness.session.applicable",
    "harness.session.cases",
    "harness.session.recording",
    "harness.session.machine",
    "harness.session.measuring",
    "harness.session.examination.examining",
    "harness.session.gpu_processes",
    "harness.session.terminal.summary",
]
