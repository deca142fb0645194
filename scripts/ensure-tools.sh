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
needs ffmpeg ffmpeg                                # test/integration: `camshard push` of a video
needs redis-server redis-server                    # test/integration: alerts, settings and clusters on Redis
needs haproxy haproxy                              # test/integration: deploy/haproxy
needs nginx nginx-light                            # test/integration: deploy/nginx
needs mosquitto mosquitto                          # test/integration: alerts over MQTT
needs ip iproute2                                  # test/integration: partitions between network namespaces
needs promtool prometheus                          # test/integration: deploy/prometheus
needs amtool prometheus-alertmanager               # test/integration: deploy/alertmanager
needs zsh zsh                                      # test/integration: completion
needs fish fish
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
