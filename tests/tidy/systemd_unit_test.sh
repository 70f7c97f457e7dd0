#!/bin/sh
# The unit, its account and its folders, as the tools of systemd judge them; nothing is started.
# Usage: systemd_unit_test.sh SOURCE_DIR. Exit code 77: skipped.
set -eu

source_dir=$1
unit=$source_dir/systemd/nodeportd.service
exposure_max=17 # tenths: 1.7

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

if ! command -v systemd-analyze >/dev/null; then
  echo "skipped: systemd-analyze is not installed"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# mktemp's folder is closed to others; the account without rights below must get through.
chmod 711 "$work"

seconds_of() { # KEY SEPARATOR FILE: the number of `KEY SEPARATOR NNs`
  sed -n "s/^ *$1$2 *\([0-9]*\)s.*/\1/p" "$3"
}

check_unit() {
  # verify insists on a program that exists; the daemon may not be installed here.
  sed 's#^ExecStart=/usr/bin/nodeportd #ExecStart=/bin/true #' "$unit" >"$work/nodeportd.service"
  grep -q '^ExecStart=/bin/true run --config /etc/nodeportd/nodeportd.yaml$' \
    "$work/nodeportd.service" || fail "ExecStart is not what is documented"
  said=$(systemd-analyze verify --man=no "$work/nodeportd.service" 2>&1) || fail "verify: $said"
  [ -z "$said" ] || fail "verify is not clean: $said"
  systemd-analyze security --offline=yes --threshold="$exposure_max" "$work/nodeportd.service" \
    >"$work/security" 2>&1 || fail "exposed too much: $(tail -1 "$work/security")"
  tail -1 "$work/security"
}

# systemd's @system-service of Debian 12 has none of these, and the daemon goes on without them.
check_confinement() {
  for call in landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp; do
    grep -q "^SystemCallFilter=[^~]*\b$call\b" "$unit" || fail "the unit refuses $call"
  done
}

check_timeouts() {
  unit_seconds=$(seconds_of TimeoutStopSec = "$unit")
  drain_seconds=$(seconds_of stop_timeout : "$source_dir/config/nodeportd.yaml")
  [ "$unit_seconds" -gt "$drain_seconds" ] ||
    fail "systemd kills after ${unit_seconds}s what may drain for ${drain_seconds}s"
}

check_account_and_folders() {
  root=$work/root
  mkdir -p "$root/etc"
  systemd-sysusers --root="$root" "$source_dir/systemd/nodeportd.sysusers" >/dev/null 2>&1 ||
    fail "sysusers"
  grep -q '^nodeportd:.*:/usr/sbin/nologin$' "$root/etc/passwd" || fail "no account was made"
  systemd-tmpfiles --root="$root" --create "$source_dir/systemd/nodeportd.tmpfiles" ||
    fail "tmpfiles"
  user_id=$(sed -n 's/^nodeportd:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
  for folder in var/lib/nodeportd var/log/nodeportd run/nodeportd; do
    [ "$(stat -c %u "$root/$folder")" = "$user_id" ] || fail "$folder is not the daemon's"
  done
  [ "$(stat -c %u:%a "$root/etc/nodeportd/rules")" = 0:750 ] || fail "rules are not root's alone"
}

# kube-apiserver's log is root's, 0600 in a 0700 folder: the unit's one capability has to do.
check_capability() {
  mkdir -m 700 "$work/audit"
  echo line >"$work/audit/audit.log"
  chmod 600 "$work/audit/audit.log"
  capability=$(sed -n 's/^AmbientCapabilities=CAP_//p' "$unit" | tr '[:upper:]' '[:lower:]')
  as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs"
  $as_nobody cat "$work/audit/audit.log" 2>/dev/null && fail "the folder was open all along"
  # shellcheck disable=SC2016,SC2086 # expanded inside; words on purpose
  $as_nobody --inh-caps="-all,+$capability" --ambient-caps="+$capability" \
    --bounding-set="-all,+$capability" sh -c '
      [ "$(cat "$1/audit.log")" = line ] || exit 1
      ! (echo x >>"$1/audit.log") 2>/dev/null || exit 2
    ' sh "$work/audit" || fail "$capability does not read the log, or writes it ($?)"
}

check_unit
check_confinement
check_timeouts
if [ "$(id -u)" = 0 ]; then
  check_account_and_folders
  check_capability
else
  echo "not root: account, folders and capability are not checked"
fi
