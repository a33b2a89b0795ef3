#!/usr/bin/env bash
# Puts a release together, for .github/workflows/release.yml and to try out on any machine.
#
#   release.sh pack TARGET EXECUTABLE FOLDER      an archive with executable, completions, manual pages and licences
#   release.sh finish VERSION REPOSITORY FOLDER   checksums, installer and formula for the archives in FOLDER
#
# REPOSITORY is a URL without a slash at the end. Archives of the same files are the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

pack() {
  local target=$1 executable=$2 folder=$3 content
  content=$(mktemp -d)
  cp "$executable" "$content/outboxctl"
  cp -r "$root/completions" "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$root/README.md" "$content/"
  # An executable for another machine can't print its pages; those of this one are the same.
  "${OUTBOXCTL:-$executable}" man --directory "$content/man" >/dev/null
  mkdir -p "$folder"
  (cd "$content" && tar --sort=name --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner -cf - -- *) \
    | gzip --no-name --best > "$folder/outboxctl-$target.tar.gz"
  rm -rf "$content"
}

finish() {
  local version=$1 repository=$2 folder=$3 formula archive target sum
  (cd "$folder" && sha256sum outboxctl-*.tar.gz > SHA256SUMS)
  sed "s|@VERSION@|$version|g; s|@RELEASES@|$repository/releases|g" "$root/.github/install.sh" > "$folder/install.sh"
  formula=$(sed "s|@VERSION@|$version|g; s|@RELEASES@|$repository/releases|g; s|@REPOSITORY@|$repository|g" "$root/.github/homebrew/outboxctl.rb")
  for archive in "$folder"/outboxctl-*.tar.gz; do
    target=$(basename "$archive" .tar.gz)
    target=${target#outboxctl-}
    sum=$(awk -v name="outboxctl-$target.tar.gz" '$2 == name { print $1 }' "$folder/SHA256SUMS")
    formula=${formula//@SHA256:$target@/$sum}
  done
  case $formula in
    *@SHA256*) echo 'error: there is not an archive for every target of the formula' >&2; return 1 ;;
  esac
  printf '%s\n' "$formula" > "$folder/outboxctl.rb"
}

"$@"
