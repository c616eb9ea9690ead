# Set-up shared by tools/run, tools/test and tools/bench/run: sourced, never run.
#
# Each function brings one thing about and does nothing when it is there already, so that every
# tool can start on a fresh Debian 12 or Ubuntu machine, as root or with sudo, and is quick after.

project="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="$project/.venv"

build_packages=(libnghttp2-dev libprotobuf-c-dev zlib1g-dev libargon2-dev libsqlite3-dev
  libjemalloc-dev pkg-config)

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root: run it as root, or install sudo: $*"
  fi
}

# need_packages NAME...: installs the system packages that are missing.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    printf 'not a Debian system: install by hand what these packages hold: %s\n' "$*" >&2
    return 0
  fi
  local name missing=()
  for name in "$@"; do
    case "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" in
      installed) ;;
      *) missing+=("$name") ;;
    esac
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  say "installing ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
  as_root "${apt[@]}" update </dev/null
  as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null
}

# need_swift: stops unless a Swift toolchain of at least 6.2 is on the PATH. A toolchain is the one
# thing that the system's packages do not hold.
need_swift() {
  command -v swift >/dev/null || fail "no swift on the PATH: install Swift 6.2 or newer (swift.org/install)"
  local version
  version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)"
  [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)" = 6.2 ] ||
    fail "Swift 6.2 or newer is needed, this is ${version:-of an unknown version}"
}

# build_release PACKAGE PRODUCT [OPTION...]: an executable that needs no Swift on the machine it runs
# on. Calls within one file cost less than calls into the runtime's library: a hold that is opened and
# settled takes about 5 % less of a core.
build_release() {
  need_swift
  need_packages "${build_packages[@]}"
  say "building $2 (release)"
  swift build --package-path "$1" -c release --static-swift-stdlib --product "$2" "${@:3}" </dev/null
}

# need_python: makes .venv with what tools/python/requirements.txt names, again when that changes.
need_python() {
  need_packages python3 python3-venv
  local wanted="$project/tools/python/requirements.txt" made="$venv/requirements.made"
  cmp -s "$wanted" "$made" && "$venv/bin/python" -c '' 2>/dev/null && return 0
  say "making the Python environment in .venv"
  rm -rf "$venv"
  # The interpreter on the PATH may lack venv; the system's has it from python3-venv.
  python3 -m venv "$venv" 2>/dev/null || /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" </dev/null
  cp "$wanted" "$made"
}

# need_python_packages FILE: adds to .venv what another requirements file names.
need_python_packages() {
  local made="$venv/$(basename "$(dirname "$1")")-requirements.made"
  cmp -s "$1" "$made" && return 0
  say "adding $(basename "$(dirname "$1")")'s Python packages to .venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$1" </dev/null
  cp "$1" "$made"
}
