#!/bin/sh
# Installs what checks the workflows, into .cache/linters: actionlint (Go) and zizmor (PyPI, a binary in a wheel).
# What is there already is kept.
set -eu

ACTIONLINT=v1.7.12
ZIZMOR=1.32.0

cd "$(dirname "$0")/.."
linters=$PWD/.cache/linters
if [ "$(cat "$linters/versions" 2>/dev/null)" = "$ACTIONLINT $ZIZMOR" ]; then
  echo "actionlint $ACTIONLINT and zizmor $ZIZMOR are there"
  exit
fi
rm -rf "$linters"
mkdir -p "$linters"
GOBIN=$linters go install "github.com/rhysd/actionlint/cmd/actionlint@$ACTIONLINT"
PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$linters/wheel" "zizmor==$ZIZMOR"
mv "$linters/wheel/bin/zizmor" "$linters/zizmor"
rm -r "$linters/wheel"
echo "$ACTIONLINT $ZIZMOR" >"$linters/versions"
echo "installed actionlint $ACTIONLINT and zizmor $ZIZMOR"
