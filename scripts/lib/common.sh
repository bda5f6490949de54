# Sourced by every script: messages, packages, the toolchain, who runs as whom. No side effects on sourcing.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

# Debian packages, by what needs them. scripts/run installs the first three groups, scripts/test all.
# What a Swift toolchain unpacked from its archive itself needs: the libraries of its programs, the linker, C and C++ headers.
PACKAGES_TOOLCHAIN=(binutils git libc6-dev libcurl4 libgcc-12-dev libncurses6 libsqlite3-0 libstdc++-12-dev libxml2)
PACKAGES_BUILD=("${PACKAGES_TOOLCHAIN[@]}" libpq-dev libhiredis-dev libcurl4-openssl-dev libwebsockets-dev libsecp256k1-dev libssl-dev libyaml-dev libzstd-dev zlib1g-dev
  pkg-config)
PACKAGES_RUN=(postgresql-15 postgresql-client-15 redis-server redis-tools supervisor python3 curl)
PACKAGES_TEST=(nettle-dev openssl prometheus python3-venv)

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$1" >&2
  [ $# -gt 1 ] && printf '  remedy: %s\n' "$2" >&2
  exit "${3:-1}"
}

# usage_of FILE: prints the comment block at a script's top.
usage_of() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }

as_root() { # as_root CMD…: runs as root, through sudo when we are not
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    die "root is needed to run: $*" "run it as root, or install sudo"
  fi
}

missing_packages() { # prints those of the named Debian packages that are not installed
  local name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

# install_packages NAME…: installs what is missing and says what it did. Debian starts its own postgresql and redis services on installation;
# unless KEEP_SERVICES_DOWN=no, a policy file keeps them down meanwhile: private floors and tests have servers of their own.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" = 0 ]; then
    note "Debian packages: all ${#} there"
    return
  fi
  say "Installing Debian packages: ${missing[*]}"
  local status=0
  (
    policy=/usr/sbin/policy-rc.d
    if [ "${KEEP_SERVICES_DOWN:-yes}" = yes ] && [ ! -e "$policy" ]; then
      # However this ends, the file must not stay: it would keep every service of the machine down.
      trap 'as_root rm -f "$policy"' EXIT
      trap 'exit 130' INT TERM HUP
      printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
      as_root chmod 755 "$policy"
    fi
    # Without fresh lists the packages may still be there.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || note "the package lists could not be refreshed"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  ) || status=$?
  [ "$status" = 0 ] || die "apt-get could not install: ${missing[*]}" "run 'apt-get install ${missing[*]}' and read what it says"
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" = 0 ] || die "still missing after installation: ${missing[*]}" "check the machine's package sources"
}

find_swift() { # puts a Swift 6 toolchain on PATH or stops
  if ! command -v swift >/dev/null; then
    local candidate
    for candidate in /opt/swift/usr/bin /opt/swift/bin /usr/local/swift/usr/bin "$HOME/.swiftly/bin"; do
      [ -x "$candidate/swift" ] && PATH="$candidate:$PATH" && break
    done
  fi
  command -v swift >/dev/null || die "no swift on PATH" \
    "install a Swift 6.2 or newer toolchain for Debian 12 (README, 'What the toolchain needs') and put its usr/bin on PATH"
  local version
  version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+' | head -1)
  [ -n "$version" ] || die "swift does not tell its version" "run 'swift --version'; the toolchain's own packages may be missing"
  [ "$(printf '%s\n6.2\n' "$version" | sort -V | head -1)" = 6.2 ] || die "Swift $version is too old" "install Swift 6.2 or newer"
}
