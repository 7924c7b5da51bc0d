#!/usr/bin/env bash
# Installs what a bare Debian 12 lacks: a C and C++ compiler, git, pip, and Rust; and the packages that are its arguments.
# What is there is not touched.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=("$@")
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v c++ >/dev/null || missing+=(g++)
command -v git >/dev/null || missing+=(git)
command -v python3 >/dev/null || missing+=(python3)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
cargo=$(.ci/cargo.sh) && has_cargo=yes || has_cargo=no
[ $has_cargo = yes ] || command -v curl >/dev/null || missing+=(curl ca-certificates)

if [ ${#missing[@]} -gt 0 ]; then
    echo "tools: installing ${missing[*]} ..."
    as_root=()
    if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# Debian 12's own Rust is older than the edition that this crate is written in.
if [ $has_cargo = no ]; then
    case $cargo in
    *" run "*)
        echo "tools: installing a newer Rust with your rustup ..."
        "${cargo%% run *}" toolchain install stable --profile minimal -c clippy -c rustfmt --no-self-update
        ;;
    *)
        echo "tools: installing Rust with rustup ..."
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c clippy -c rustfmt --no-modify-path
        ;;
    esac
fi
