// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

/* Where the machine has a virtio-serial port named org.o2lab.trace, sets the trace clock to monotonic and
 * starts a child that copies trace_pipe to it for ever. Returns the child's pid, or 0 where there is no such
 * port or no tracing. */
pid_t start_trace(void);
