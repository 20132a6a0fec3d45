// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/* Bytes of an Ed25519 host key file as Dropbear reads it: two SSH strings, the name and seed with public key.
 */
#define DROPBEAR_ED25519_SIZE (4 + 11 + 4 + 64)

/* Turns an unencrypted OpenSSH Ed25519 private key file (what ssh-keygen and libssh write; layout in
 * OpenSSH's PROTOCOL.key) into Dropbear's format. Returns 0, or -1 with *why set to a short reason. Accepts
 * data that is in Dropbear's format already. */
int convert_hostkey(const char* text, size_t size, unsigned char out[DROPBEAR_ED25519_SIZE],
                    const char** why);

/* Decodes base64, skipping white space, up to size bytes of text or the first other character.
 * Returns the number of bytes written, or -1 where out is too small. */
long decode_base64(const char* text, size_t size, unsigned char* out, size_t room);
