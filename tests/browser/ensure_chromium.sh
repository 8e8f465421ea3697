#!/bin/sh
# The browser tests drive the system's Chromium. Installs Debian's where there is none and we may; else says what to do.
# The same places are looked at by tests/browser/chromium.py.

if [ -n "$RAPPORT_CHROMIUM" ]; then
    command -v "$RAPPORT_CHROMIUM" >/dev/null && exit 0
    echo "RAPPORT_CHROMIUM names $RAPPORT_CHROMIUM, which cannot be run. Name a browser's executable, or unset it." >&2
    exit 1
fi

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done

if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        as_root="none"
    fi
    if [ "$as_root" != none ]; then
        echo "Installing Chromium for the browser tests …"
        $as_root apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends \
            chromium fonts-noto-core fonts-noto-cjk >/dev/null && exit 0
    fi
fi

echo "The browser tests need Chromium. Install it (Debian: sudo apt-get install chromium), or name the executable of one" >&2
echo "that is elsewhere: make test RAPPORT_CHROMIUM=/path/to/chromium" >&2
exit 1
