# Sourced by scripts that compare with Python packages (scripts/test: the official clients of the venue), in an environment of their own.
# shellcheck shell=bash

# install_peers FOLDER REQUIREMENTS: makes FOLDER a Python environment with exactly these packages; fails when they cannot be had.
install_peers() {
  local folder=$1 requirements=$2 wanted
  wanted=$(sha256sum "$requirements" | cut -d' ' -f1)
  [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ] && return
  say "Installing $(grep -v '^#' "$requirements" | tr '\n' ' ')"
  rm -rf "$folder"
  python3 -m venv "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check --timeout 20 --retries 2 -r "$requirements" &&
    echo "$wanted" >"$folder/installed"
}
