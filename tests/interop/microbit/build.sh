#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the card for the micro:bit with the stock cross compiler and no C library.
#
#   tests/interop/microbit/build.sh SOURCE-FOLDER IMAGE
set -eu
source=$1
image=$2
here=$source/tests/interop/microbit
rooms=$(mktemp -d)
trap 'rm -rf "$rooms"' EXIT
for room in cas/base cas/wire keys/crypto keys/derive keys/channel smartcard/core smartcard/apps; do
	ln -s "$source/$room" "$rooms/$(basename $room)"
done
ln -s "$source/keys/crypto/small" "$rooms/crypto_small"
exec arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -std=c17 -Os -ffreestanding -fno-builtin -DCARD_PROFILE_SMALL \
	-ffunction-sections -fdata-sections -nostdlib -Wall -Wextra -Werror -I"$rooms" -I"$here" -T "$here/microbit.ld" \
	-Wl,--gc-sections -Wl,-Map="$image.map" -o "$image" \
	"$here"/*.c "$source"/cas/base/*.c "$source"/cas/wire/*.c "$source"/cas/wire/iso7816/apdu.c \
	"$source"/keys/crypto/crypto.c "$source"/keys/crypto/small/*.c "$source"/keys/derive/*.c \
	"$source"/keys/channel/*.c "$source"/smartcard/core/*.c "$source"/smartcard/apps/*.c -lgcc
