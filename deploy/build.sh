#!/bin/sh
# Builds the image; called by `make image`.
#
#   sh deploy/build.sh [further arguments of podman build or docker build]
#
#   TAG       its name; localhost/call-thing
#   TOOL      podman or docker; the one that is here
#   CA_FILE   certificates of your own that the indexes are verified with (podman alone)
#   BASE      debian: where no registry can be reached, the base is made of Debian's packages, by mmdebstrap
set -eu
cd "$(dirname "$0")/.."
tag=${TAG:-localhost/call-thing}
tool=${TOOL:-$(command -v podman || command -v docker || true)}
debian=debian:bookworm-slim
if [ -z "$tool" ]; then
    echo "Neither podman nor docker is here. Debian, Ubuntu: sudo apt-get install podman" >&2
    exit 1
fi

if [ "${BASE:-}" = debian ] && ! "$tool" image inspect "$debian" >/dev/null 2>&1; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    # as the image of that name is made: no documentation but the licences, no manuals, no translations
    mmdebstrap --quiet --variant=apt \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/*' \
        bookworm "$folder/base.tar"
    "$tool" import "$folder/base.tar" "$debian"
fi

if [ -n "${CA_FILE:-}" ]; then
    set -- --volume "$CA_FILE:/tmp/ca.crt:ro" --build-arg PIP_CERT=/tmp/ca.crt --build-arg SSL_CERT_FILE=/tmp/ca.crt "$@"
fi
case $tool in
*podman) set -- --format docker "$@" ;; # the other format has no health check
esac
"$tool" build --network host --file deploy/Containerfile --tag "$tag" "$@" .
