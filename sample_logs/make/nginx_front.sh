#!/bin/sh
# Usage: nginx_front.sh UVICORN - runs the ASGI application and nginx in front of it, until SIGTERM.
"$1" app:app --port 18708 --proxy-headers --log-level error &
upstream=$!
sleep 1
nginx -p "$PWD/" -e nginx-error.log -c nginx.conf &
front=$!
trap 'kill -QUIT $front; wait $front; kill $upstream; wait $upstream; exit 0' TERM
wait
