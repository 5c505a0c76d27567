#!/bin/sh
# Runs the project's tests against the fakes, and asks whether the fakes still are what the recordings say.
# Exit code: 0 all is well, else that of the first command that failed.
set -eu

mkdir -p reports
python -m pytest --junitxml=reports/tests.xml "$@"
harness verify superchat --suite contract --suite proxy --output reports/verify.xml --output reports/verify.html
