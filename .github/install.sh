#!/bin/sh
# Installs a released outboxctl, after comparing its SHA-256 checksum with that of the release.
#
#   OUTBOXCTL_VERSION      version to install, such as 0.1.0 [default: the version of this script's release]
#   OUTBOXCTL_INSTALL_DIR  folder of the executable [default: ~/.local/bin]
#   OUTBOXCTL_RELEASES     URL of the releases [default: those of the repository that this script was released by]
#
# The release workflow fills in version and repository.
set -eu

version=${OUTBOXCTL_VERSION:-@VERSION@}
releases=${OUTBOXCTL_RELEASES:-@RELEASES@}
folder=${OUTBOXCTL_INSTALL_DIR:-${HOME:?HOME is not set}/.local/bin}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

target() {
  case "$(uname -s) $(uname -m)" in
    'Linux x86_64') echo x86_64-unknown-linux-gnu ;;
    'Linux aarch64' | 'Linux arm64') echo aarch64-unknown-linux-gnu ;;
    'Darwin x86_64') echo x86_64-apple-darwin ;;
    'Darwin arm64') echo aarch64-apple-darwin ;;
    *) fail "there is no release for $(uname -s) on $(uname -m); on Windows use WSL" ;;
  esac
}

# A proxy or a captive portal must not answer in plain text: only HTTPS, except for a server on this machine.
fetch() {
  case $1 in
    https://* | http://127.0.0.1:*) ;;
    *) fail "$1 is not an https URL" ;;
  esac
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget --quiet --tries 3 --output-document "$2" "$1"
  else
    fail 'curl or wget is needed'
  fi || fail "$1 can't be downloaded"
}

checksum() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1"
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1"
  else
    fail 'sha256sum or shasum is needed to check the download'
  fi | cut -d ' ' -f 1
}

case $version$releases in
  *@*) fail 'this copy of the script belongs to no release: set OUTBOXCTL_VERSION and OUTBOXCTL_RELEASES' ;;
esac
platform=$(target)
archive=outboxctl-$platform.tar.gz
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT INT TERM

fetch "$releases/download/v$version/$archive" "$temporary/$archive"
fetch "$releases/download/v$version/SHA256SUMS" "$temporary/SHA256SUMS"
expected=$(awk -v name="$archive" '$2 == name { print $1 }' "$temporary/SHA256SUMS")
[ -n "$expected" ] || fail "SHA256SUMS of the release does not name $archive"
found=$(checksum "$temporary/$archive")
[ "$found" = "$expected" ] || fail "the checksum of $archive is $found, and the release says $expected: nothing was installed"

tar -xzf "$temporary/$archive" -C "$temporary" outboxctl
mkdir -p "$folder"
# Renamed within the folder: a running outboxctl is not overwritten, and an interrupted installation leaves the old one.
cp "$temporary/outboxctl" "$folder/.outboxctl.$$"
chmod 755 "$folder/.outboxctl.$$"
mv -f "$folder/.outboxctl.$$" "$folder/outboxctl"
printf 'outboxctl %s is installed in %s\n' "$version" "$folder"
case :${PATH:-}: in
  *":$folder:"*) ;;
  *) printf 'add it to PATH: export PATH="%s:%s"\n' "$folder" "\$PATH" ;;
esac
