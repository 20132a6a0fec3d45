/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef O2PROBE_H
#define O2PROBE_H

#include <linux/fs.h>
#include <linux/types.h>

#include "ocfs2_nodemanager.h"
#include "heartbeat.h"

struct dentry;

/* a resource's name, or O2PROBE_UNBOUND for none */
#define O2PROBE_UUID_LEN	(O2HB_MAX_REGION_NAME_LEN + 1)
#define O2PROBE_UNBOUND		"-"

/* longest line that any file takes, its NUL included */
#define O2PROBE_LINE_LEN	96

/* NULL for O2PROBE_UNBOUND: that is how o2hb spells it */
const char *o2probe_uuid(const char *word);

/* One line from user space, without its newline. -EINVAL on an empty or long one. */
int o2probe_get_line(char *line, const char __user *from, size_t count);

int o2probe_events_init(struct dentry *dir);
void o2probe_events_exit(void);

int o2probe_query_init(struct dentry *dir);

int o2probe_backend_init(struct dentry *dir);
void o2probe_backend_exit(void);

#endif /* O2PROBE_H */
