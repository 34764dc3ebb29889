#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the AArch64 kernel with a cross compiler and runs it under qemu:
#   test_neon.sh COMPILER QEMU FOLDER
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$3/include"
for room in base scramble; do
	ln -sfn "$source/cas/$room" "$3/include/$room"
done
"$1" -std=gnu17 -O2 -static -Wall -Wextra -Wconversion -Wshadow -Werror -I"$3/include" -o "$3/neon_against_portable" \
	"$source/tests/interop/neon_against_portable.c" "$source"/cas/scramble/csa2_{neon,portable,key}.c \
	"$source"/cas/base/{bytes,mem}.c
"$2" "$3/neon_against_portable"
