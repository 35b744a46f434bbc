#!/bin/sh
# enter-tree.sh TREE PROGRAM… : runs a program with TREE as its root folder, as its own process 1. The system's programs and
# libraries stand in for those of the base image, read-only; so does the network. Needs root and `unshare` around it:
#   unshare --mount --pid --fork --kill-child enter-tree.sh …
# TREE_NODE: the program that is `node` there. TREE_CACHE: a folder that is /root/.npm there; without it TREE is read-only.
# TREE_PACKAGES: a folder that is /app/node_modules there, read-only.
set -eu
tree=$1
shift
mount --make-rprivate /
mount --bind "$tree" "$tree"
mount --bind /usr "$tree/usr"
mount -o remount,bind,ro "$tree/usr"
# What the base image has of its own, and what a step takes away of it.
mount --bind "$tree.local" "$tree/usr/local"
mount --bind /etc "$tree/etc"
mount -o remount,bind,ro "$tree/etc"
mount -t proc proc "$tree/proc"
mount --bind /dev "$tree/dev"
mount --bind "$TREE_NODE" "$tree/usr/local/bin/node"
if [ -n "${TREE_PACKAGES:-}" ]; then
  mkdir -p "$tree/app/node_modules"
  mount --bind "$TREE_PACKAGES" "$tree/app/node_modules"
  mount -o remount,bind,ro "$tree/app/node_modules"
fi
if [ -n "${TREE_CACHE:-}" ]; then
  mount --bind "$TREE_CACHE" "$tree/root/.npm"
  mount -t tmpfs tmpfs "$tree/tmp"
else
  mount -o remount,bind,ro "$tree/usr/local"
  mount -o remount,bind,ro "$tree"
fi
unset TREE_NODE TREE_CACHE TREE_PACKAGES
exec chroot "$tree" "$@"
