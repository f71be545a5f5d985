#!/bin/sh
# Makes every sample log anew, in about a minute. Needs Node.js with npm, Python 3 with venv, and nginx.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -n "${WORK:-}" ]; then
  work=$WORK # kept, so that a second run need not install anything
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
cp "$here"/* "$work"
cd "$work"
mkdir -p out
cp "$here/../seed.log" out/
[ -d node_modules ] || npm install --silent --no-package-lock
for version in 0.30 new; do
  [ -d "venv-$version" ] || python3 -m venv "venv-$version"
  "venv-$version/bin/pip" install --quiet --requirement "requirements-$version.txt"
done

drive() { node driver.js "$@" & pids="${pids:-} $!"; }
drive out/node-leaky.log       18701 leaky ws kill leak         -- node app.js ids 18701
drive out/node-fixed.log       18702 fixed ws stop clean        -- node app.js ids 18702
drive out/node-leaky-noids.log 18703 leaky ws kill leak         -- node app.js noids 18703
drive out/uvicorn-leaky.log    18704 leaky ws kill leak         -- venv-0.30/bin/uvicorn app:app --port 18704
drive out/uvicorn-healthy.log  18705 fixed ws stop clean        -- venv-0.30/bin/uvicorn app:app --port 18705
drive out/uvicorn-new.log      18706 fixed ws stop cannot_tell  -- venv-new/bin/uvicorn app:app --port 18706
drive out/front.log            18707 fixed ws stop cannot_tell  -- sh nginx_front.sh venv-new/bin/uvicorn
drive out/socketio-leaky.log   18709 leaky socketio kill leak   -- node app.js socketio 18709
for pid in $pids; do wait "$pid"; done

mv nginx-access.log out/
mv out/front.truth.json out/nginx-access.truth.json
rm out/front.log
node collect.js out > out/truth.json
cp out/*.log out/truth.json "$here/.."
