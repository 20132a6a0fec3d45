// SPDX-License-Identifier: GPL-2.0-or-later
/* The one program of the initrd that `o2lab bench` boots with bare QEMU as the baseline: says that user space
 * is reached, then waits to be killed. */
#include <unistd.h>

int main(void) {
  static const char line[] = "o2lab: bare init\n";
  if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0) {
    return 1;
  }
  for (;;) {
    pause();
  }
}
