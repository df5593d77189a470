pytest_plugins = [
    "fixtures.session.options",
    "fixtures.session.cases",
    "fixtures.session.recording",
    "fixtures.session.machine",
    "fixtures.session.measuring",
    "fixtures.session.gpu_processes",
    "fixtures.session.summary",
]
