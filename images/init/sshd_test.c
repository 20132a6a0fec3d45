// SPDX-License-Identifier: GPL-2.0-or-later
#include "sshd.h"

#include "../check.h"

#define HEAD \
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define REST " 00000000:00000000 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0\n"

int main(void) {
  CHECK(listens(HEAD "   0: 00000000:0016 00000000:0000 0A" REST, 22) == 1);
  CHECK(listens(HEAD "   0: 00000000:1E61 00000000:0000 0A" REST "   1: 00000000:0016 00000000:0000 0A" REST,
                22) == 1);
  CHECK(listens(HEAD "   0: 00000000:1E61 00000000:0000 0A" REST, 22) == 0);
  CHECK(listens(HEAD "   0: 0100007F:0016 0100007F:8000 01" REST, 22) == 0); /* established */
  CHECK(listens(HEAD "   0: 0100007F:8000 0100007F:0016 01" REST "   1: 0:1E61 0:0000 0A" REST, 22) ==
        0); /* peer's port */
  CHECK(listens(HEAD
                "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A" REST,
                22) == 1);
  CHECK(listens(HEAD, 22) == 0);
  CHECK(listens("", 22) == 0);
  return RESULT();
}
