#!/usr/bin/env bash
# The README's two commands on a bare Debian 12, in a chroot made by debootstrap.
# Needs root and debootstrap. FULL=1 runs the second command too (make check), the first always ends with --exit.
# The box's own apt sources, pip settings and certificates are used inside, so it works behind a mirror.
set -euo pipefail
cd "$(dirname "$0")/../.."
source_tree=$PWD
room=$(mktemp -d /var/tmp/andamio-newcomer.XXXXXX)
trap 'umount -q "$room/proc" "$room/dev" 2>/dev/null || true; rm -rf --one-file-system "$room"' EXIT

mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' \
  /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
debootstrap --variant=minbase --include=ca-certificates bookworm "$room" ${mirror:+"$mirror"} >"$room.log" 2>&1 ||
  { tail -20 "$room.log"; exit 1; }

cp -a /etc/apt/sources.list.d /etc/apt/sources.list /etc/apt/apt.conf.d /etc/apt/auth.conf* "$room/etc/apt/" 2>/dev/null || true
cp -a /usr/local/share/ca-certificates "$room/usr/local/share/" 2>/dev/null || true
cp -L /etc/ssl/certs/ca-certificates.crt "$room/etc/ssl/certs/ca-certificates.crt"
cp -L /etc/resolv.conf /etc/hosts "$room/etc/"
for settings in /etc/pip.conf "$HOME/.config/pip" "$HOME/.pip"; do
  [ -e "$settings" ] && mkdir -p "$room$(dirname "$settings")" && cp -a "$settings" "$room$settings"
done
for variable in PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
  file=${!variable:-}
  [ -n "$file" ] && [ -f "$file" ] && mkdir -p "$room$(dirname "$file")" && cp -L "$file" "$room$file"
done
mount -t proc proc "$room/proc"
mount --bind /dev "$room/dev"

git clone -q "$source_tree" "$room/srv/andamio"
[ -d "$source_tree/../shared" ] && mkdir -p "$room/srv/shared" && cp -a "$source_tree/../shared/data" "$room/srv/shared/"

block() { awk -v want="$1" '/^```sh/ {n++; next} n == want {print; exit}' README.md; }
inside() {
  chroot "$room" /usr/bin/env HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive PIP_CERT="${PIP_CERT:-}" LANG=C.UTF-8 bash -c "cd /srv/andamio && $1"
}
inside "apt-get update -qq"
echo "first command: $(block 1) --exit"
inside "$(block 1) --exit"
if [ -n "${FULL:-}" ]; then
  echo "second command: $(block 2)"
  inside "rm -rf .venv && $(block 2)"
fi
echo "the README's commands work on a bare Debian 12"
