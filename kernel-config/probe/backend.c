// SPDX-License-Identifier: GPL-2.0-only
/* A backend that makes no regions: enough to be chosen, and to be in use by a cluster directory. */
#include <linux/configfs.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "o2probe.h"
#ifdef O2PROBE_BACKENDS

static struct config_item *o2probe_make_item(struct config_group *group,
					     const char *name)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void o2probe_drop_item(struct config_group *group,
			      struct config_item *item)
{
}

static struct o2hb_backend o2probe_backend = {
	.hb_name	= "o2probe",
	.hb_owner	= THIS_MODULE,
	.make_item	= o2probe_make_item,
	.drop_item	= o2probe_drop_item,
};

static DEFINE_MUTEX(o2probe_backend_mutex);
static bool o2probe_backend_there;

static int o2probe_backend_do(const char *line)
{
	int ret;

	if (!strcmp(line, "register")) {
		ret = o2hb_register_backend(&o2probe_backend);
		if (!ret)
			o2probe_backend_there = true;
		return ret;
	}
	if (!strcmp(line, "unregister")) {
		if (!o2probe_backend_there)
			return -ENOENT;
		ret = o2hb_unregister_backend(&o2probe_backend);
		if (!ret)
			o2probe_backend_there = false;
		return ret;
	}
	return -EINVAL;
}

static ssize_t o2probe_backend_write(struct file *file, const char __user *from,
				     size_t count, loff_t *pos)
{
	char line[O2PROBE_LINE_LEN];
	int ret = o2probe_get_line(line, from, count);

	if (ret)
		return ret;
	mutex_lock(&o2probe_backend_mutex);
	ret = o2probe_backend_do(line);
	mutex_unlock(&o2probe_backend_mutex);
	return ret ? ret : count;
}

/* whether the dummy is registered */
static int o2probe_backend_show(struct seq_file *seq, void *unused)
{
	seq_printf(seq, "%s\n", o2probe_backend_there ? "registered" : "-");
	return 0;
}

static int o2probe_backend_open(struct inode *inode, struct file *file)
{
	return single_open(file, o2probe_backend_show, NULL);
}

static const struct file_operations o2probe_backend_fops = {
	.owner		= THIS_MODULE,
	.open		= o2probe_backend_open,
	.read		= seq_read,
	.write		= o2probe_backend_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

int o2probe_backend_init(struct dentry *dir)
{
	debugfs_create_file("backend", 0600, dir, NULL, &o2probe_backend_fops);
	return 0;
}

void o2probe_backend_exit(void)
{
	/* an active backend holds this module, so that we do not get here */
	if (o2probe_backend_there)
		WARN_ON(o2hb_unregister_backend(&o2probe_backend));
}
#else
int o2probe_backend_init(struct dentry *dir)
{
	return 0;
}

void o2probe_backend_exit(void)
{
}
#endif
