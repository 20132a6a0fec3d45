// SPDX-License-Identifier: GPL-2.0-or-later
#include "hostkey.h"

#include <stdint.h>
#include <string.h>

static const char key_type[] = "ssh-ed25519";

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long decode_base64(const char* text, size_t size, unsigned char* out, size_t room) {
  uint32_t bits = 0;
  int held = 0;
  size_t used = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\n' || text[i] == '\r' || text[i] == ' ') {
      continue;
    }
    int value = base64_value(text[i]);
    if (value < 0) {
      break;
    }
    bits = bits << 6 | (uint32_t)value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      if (used == room) {
        return -1;
      }
      out[used++] = (unsigned char)(bits >> held);
    }
  }
  return (long)used;
}

/* A cursor over SSH wire data; bad stays set after the first read beyond the end, so that callers check once.
 */
struct cursor {
  const unsigned char* at;
  size_t left;
  int bad;
};

static const unsigned char* take(struct cursor* in, size_t size) {
  if (in->bad || in->left < size) {
    in->bad = 1;
    return NULL;
  }
  const unsigned char* start = in->at;
  in->at += size;
  in->left -= size;
  return start;
}

static uint32_t take_u32(struct cursor* in) {
  const unsigned char* b = take(in, 4);
  return b == NULL ? 0 : (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* An SSH string; *size gets its length. */
static const unsigned char* take_string(struct cursor* in, size_t* size) {
  *size = take_u32(in);
  return take(in, *size);
}

static int is_text(const unsigned char* data, size_t size, const char* text) {
  return data != NULL && size == strlen(text) && memcmp(data, text, size) == 0;
}

static unsigned char* put_string(unsigned char* out, const void* data, size_t size) {
  out[0] = out[1] = out[2] = 0;
  out[3] = (unsigned char)size;
  memcpy(out + 4, data, size);
  return out + 4 + size;
}

static int convert_blob(const unsigned char* blob, size_t size, unsigned char* out, const char** why) {
  static const char magic[] = "openssh-key-v1"; /* the zero byte belongs to it */
  struct cursor in = {blob, size, 0};
  size_t length;
  const unsigned char* part = take(&in, sizeof(magic));
  if (part == NULL || memcmp(part, magic, sizeof(magic)) != 0) {
    *why = "not an OpenSSH private key";
    return -1;
  }
  part = take_string(&in, &length);
  if (!is_text(part, length, "none")) {
    *why = "the key has a passphrase";
    return -1;
  }
  take_string(&in, &length); /* kdf */
  take_string(&in, &length); /* kdf options */
  take_u32(&in);             /* number of keys */
  take_string(&in, &length); /* public key */
  part = take_string(&in, &length);
  struct cursor inner = {part, length, in.bad};
  take_u32(&inner); /* the two check words only tell a wrong passphrase */
  take_u32(&inner);
  part = take_string(&inner, &length);
  if (!inner.bad && !is_text(part, length, key_type)) {
    *why = "not an Ed25519 key";
    return -1;
  }
  take_string(&inner, &length); /* public half again */
  part = take_string(&inner, &length);
  if (inner.bad || length != 64) {
    *why = "cut short";
    return -1;
  }
  put_string(put_string(out, key_type, sizeof(key_type) - 1), part, length);
  return 0;
}

int convert_hostkey(const char* text, size_t size, unsigned char out[DROPBEAR_ED25519_SIZE],
                    const char** why) {
  static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
  if (size == DROPBEAR_ED25519_SIZE && memcmp(text + 4, key_type, sizeof(key_type) - 1) == 0) {
    memcpy(out, text, size);
    return 0;
  }
  if (size < sizeof(begin) || memcmp(text, begin, sizeof(begin) - 1) != 0) {
    *why = "not an OpenSSH private key";
    return -1;
  }
  unsigned char blob[1024];
  long used = decode_base64(text + sizeof(begin) - 1, size - (sizeof(begin) - 1), blob, sizeof(blob));
  if (used < 0) {
    *why = "longer than an Ed25519 key";
    return -1;
  }
  int result = convert_blob(blob, (size_t)used, out, why);
  explicit_bzero(blob, sizeof(blob));
  return result;
}
