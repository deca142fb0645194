#!/usr/bin/env bash
# Makes sure that the programs the tests need beside Node are there: installs them where it may, and otherwise fails
# with the very command to run. Quick and silent when nothing is missing.
#
#   npm run setup:tools        or        bash scripts/ensure-tools.sh
set -euo pipefail

missing=()

# The tests start Debian's Chromium; CHROMIUM_PATH names another.
chromium="${CHROMIUM_PATH:-/usr/bin/chromium}"
[ -x "$chromium" ] || missing+=(chromium) # test/e2e: the live page
# program, package, and what needs it
needs() { command -v "$1" >/dev/null || missing+=("$2"); }
needs ffmpeg ffmpeg                     # test/integration: `camshard push` of a video
needs redis-server redis-server         # alerts, settings and clusters on Redis
needs redis-cli redis-tools
needs haproxy haproxy                   # deploy/haproxy
needs nginx nginx-light                 # deploy/nginx
needs mosquitto mosquitto               # alerts over MQTT
needs mosquitto_sub mosquitto-clients
needs ip iproute2                       # partitions between network namespaces
needs promtool prometheus               # deploy/prometheus
needs amtool prometheus-alertmanager    # deploy/alertmanager
needs zsh zsh                           # completion
needs fish fish
needs curl curl                         # the snippets of docs/guides, from here on
needs openssl openssl
needs python3 python3
needs go golang-go
needs mcs mono-mcs
needs gst-launch-1.0 gstreamer1.0-tools
gst-inspect-1.0 videotestsrc >/dev/null 2>&1 || missing+=(gstreamer1.0-plugins-base)
gst-inspect-1.0 jpegenc >/dev/null 2>&1 || missing+=(gstreamer1.0-plugins-good)
[ -d /usr/share/gocode/src/github.com/gorilla/websocket ] || missing+=(golang-github-gorilla-websocket-dev)
/usr/bin/python3 -c 'import websockets' 2>/dev/null || missing+=(python3-websockets)
/usr/bin/python3 -c 'import redis' 2>/dev/null || missing+=(python3-redis)
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql) # test/contract: the history

[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "ensure-tools: missing: ${missing[*]}. Install them with this system's package manager." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "ensure-tools: missing: ${missing[*]}. Run: sudo apt-get update && sudo $install" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
echo "ensure-tools: installing ${missing[*]}" >&2
# The lists may be absent or old; they are renewed only when the install fails without.
$install -qq >/dev/null 2>&1 || {
  apt-get update -qq >/dev/null
  $install -qq >/dev/null
} || {
  echo "ensure-tools: could not install ${missing[*]}. Run: apt-get update && $install" >&2
  exit 1
}
