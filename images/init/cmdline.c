// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmdline.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static int parse_int(const char* text, int low, int high, int* out) {
  char* end;
  long value = strtol(text, &end, 10);
  if (end == text || *end != '\0' || value < low || value > high) {
    return -1;
  }
  *out = (int)value;
  return 0;
}

int parse_prefix(const char* text, struct in_addr* address, struct in_addr* netmask) {
  char host[INET_ADDRSTRLEN];
  const char* slash = strchr(text, '/');
  if (slash == NULL || (size_t)(slash - text) >= sizeof(host)) {
    return -1;
  }
  memcpy(host, text, (size_t)(slash - text));
  host[slash - text] = '\0';
  int bits;
  struct in_addr parsed;
  if (inet_pton(AF_INET, host, &parsed) != 1 || parse_int(slash + 1, 1, 32, &bits) != 0) {
    return -1;
  }
  *address = parsed;
  netmask->s_addr = htonl(0xffffffffU << (32 - bits));
  return 0;
}

static int parse_name(const char* text, char* out, size_t size) {
  size_t length = strlen(text);
  if (length == 0 || length >= size) {
    return -1;
  }
  memcpy(out, text, length + 1);
  return 0;
}

static int parse_word(const char* word, struct boot_args* args) {
  static const char ours[] = "o2lab.";
  if (strncmp(word, ours, sizeof(ours) - 1) != 0) {
    return 0;
  }
  const char* key = word + sizeof(ours) - 1;
  const char* value = strchr(key, '=');
  if (value == NULL) {
    return 0;
  }
  size_t length = (size_t)(value - key);
  value++;
  if (length == 4 && memcmp(key, "node", length) == 0) {
    return parse_int(value, 1, 255, &args->node);
  }
  if (length == 4 && memcmp(key, "name", length) == 0) {
    return parse_name(value, args->name, sizeof(args->name));
  }
  if (length == 2 && memcmp(key, "ip", length) == 0) {
    return parse_prefix(value, &args->address, &args->netmask);
  }
  if (length == 8 && memcmp(key, "loglevel", length) == 0) {
    return parse_int(value, 1, 8, &args->loglevel);
  }
  return 0; /* keys of a newer runner are not an error */
}

int parse_cmdline(const char* text, struct boot_args* args) {
  *args = (struct boot_args){.name = "node"};
  int malformed = 0;
  const char* at = text;
  while (*at != '\0') {
    size_t length = strcspn(at, " \t\n");
    char word[128];
    if (length > 0 && length < sizeof(word)) {
      memcpy(word, at, length);
      word[length] = '\0';
      malformed += parse_word(word, args) != 0;
    }
    at += length;
    at += strspn(at, " \t\n");
  }
  return malformed;
}
