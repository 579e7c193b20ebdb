#!/bin/sh
# Runs the pinned Node in place of this shell, so that signals reach it. For the scripts of package.json.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
node=$(node -e "import('$root/bin/pinned-node.js').then((m) => console.log(m.pinnedNode() ?? ''))")
if [ -z "$node" ]; then
  echo 'error: the pinned Node is not installed: run `npm ci` without --omit=optional.' >&2
  exit 1
fi
exec "$node" "$@"
