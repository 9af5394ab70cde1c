#!/usr/bin/env python3
"""Prints chars_table.inc: the bits of base/chars.h for each of the 256 bytes."""

TOKEN = set(b"!#$%&'*+-.^_`|~")
ATEXT = set(b"!#$%&'*+-/=?^_`{|}~")


def bits(byte):
    digit = 0x30 <= byte <= 0x39
    alpha = 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A
    hexa = digit or byte in b"abcdefABCDEF"
    visible = 0x21 <= byte <= 0x7E
    high = byte >= 0x80
    classes = [
        digit,
        alpha,
        hexa,
        digit or alpha or byte in TOKEN,
        visible or high or byte in b" \t",
        (visible or high) and byte != 0x23,
        byte < 0x20 or byte == 0x7F,
        digit or alpha or high or byte in ATEXT,
        digit or alpha or byte in b"-._",
    ]
    return sum(1 << i for i, member in enumerate(classes) if member)


for row in range(0, 256, 8):
    print("    " + ", ".join("0x%03x" % bits(byte) for byte in range(row, row + 8)) + ",")
