// SPDX-License-Identifier: GPL-2.0-or-later
#include "hostkey.h"

#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "files.h"

static void decodes_base64(void) {
  unsigned char out[8];
  CHECK(decode_base64("", 0, out, sizeof(out)) == 0);
  CHECK(decode_base64("Zg==", 4, out, sizeof(out)) == 1 && memcmp(out, "f", 1) == 0);
  CHECK(decode_base64("Zm9v\nYmFy", 9, out, sizeof(out)) == 6 && memcmp(out, "foobar", 6) == 0);
  CHECK(decode_base64("Zm9v-", 5, out, sizeof(out)) == 3);
  CHECK(decode_base64("Zm9vYmFyYmF6", 12, out, sizeof(out)) == -1);
}

static void refuses_what_it_cannot_use(void) {
  unsigned char out[DROPBEAR_ED25519_SIZE];
  const char* why = NULL;
  CHECK(convert_hostkey("", 0, out, &why) == -1 && why != NULL);
  CHECK(convert_hostkey("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", 37, out, &why) == -1);
  const char empty[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n";
  CHECK(convert_hostkey(empty, strlen(empty), out, &why) == -1);
}

/* The keys are made by test.sh with ssh-keygen; the expected bytes come from Dropbear's own converter where
 * it is there. */
static void converts_as_dropbear_does(const char* openssh, const char* dropbear, int usable) {
  char text[4096];
  unsigned char expected[256];
  unsigned char out[DROPBEAR_ED25519_SIZE] = {0};
  const char* why = NULL;
  ssize_t size = read_file(openssh, text, sizeof(text));
  CHECK(size > 0);
  CHECK((convert_hostkey(text, (size_t)size, out, &why) == 0) == usable);
  if (!usable) {
    CHECK(why != NULL);
    return;
  }
  CHECK(read_file(dropbear, expected, sizeof(expected)) == DROPBEAR_ED25519_SIZE);
  CHECK(memcmp(out, expected, sizeof(out)) == 0);
  unsigned char again[DROPBEAR_ED25519_SIZE];
  CHECK(convert_hostkey((const char*)out, sizeof(out), again, &why) == 0 &&
        memcmp(out, again, sizeof(out)) == 0);
  for (size_t cut = 0; cut < (size_t)size - 60; cut++) {
    CHECK(convert_hostkey(text, cut, again, &why) == -1);
  }
}

int main(int argc, char* argv[]) {
  decodes_base64();
  refuses_what_it_cannot_use();
  if (argc == 5) {
    converts_as_dropbear_does(argv[1], argv[2], 1);
    converts_as_dropbear_does(argv[3], NULL, 0);
    converts_as_dropbear_does(argv[4], NULL, 0);
  }
  return RESULT();
}
