// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps and single nodes, for one resource or the union of all. Ask and be answered on one open file:
 *	exec 3<>map; echo UUID >&3; cat <&3
 */
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "o2probe.h"

/* 255 numbers of three digits, a blank after each, and a newline */
#define O2PROBE_ANSWER_LEN	1032

struct o2probe_query {
	struct mutex	qu_mutex;
	loff_t		qu_read;
	size_t		qu_len;
	char		qu_answer[O2PROBE_ANSWER_LEN];
};

static int o2probe_query_open(struct inode *inode, struct file *file)
{
	struct o2probe_query *query = kzalloc(sizeof(*query), GFP_KERNEL);

	if (!query)
		return -ENOMEM;
	mutex_init(&query->qu_mutex);
	file->private_data = query;
	return 0;
}

static int o2probe_query_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t o2probe_query_read(struct file *file, char __user *to,
				  size_t count, loff_t *pos)
{
	struct o2probe_query *query = file->private_data;
	ssize_t ret;

	/* the answer has a position of its own: that of the file moves with what is asked */
	mutex_lock(&query->qu_mutex);
	ret = simple_read_from_buffer(to, count, &query->qu_read,
				      query->qu_answer, query->qu_len);
	mutex_unlock(&query->qu_mutex);
	return ret;
}

static int o2probe_map(const char *uuid, unsigned long *map)
{
#ifdef O2PROBE_RESOURCE_MAPS
	return o2hb_fill_node_map(uuid, map, O2NM_MAX_NODES);
#else
	if (uuid)
		return -EOPNOTSUPP;
	o2hb_fill_node_map(map, O2NM_MAX_NODES);
	return 0;
#endif
}

static ssize_t o2probe_map_write(struct file *file, const char __user *from,
				 size_t count, loff_t *pos)
{
	struct o2probe_query *query = file->private_data;
	DECLARE_BITMAP(map, O2NM_MAX_NODES) = { };
	char line[O2PROBE_LINE_LEN], *text = query->qu_answer;
	unsigned int node, len = 0;
	int ret = o2probe_get_line(line, from, count);

	if (ret)
		return ret;
	mutex_lock(&query->qu_mutex);
	query->qu_len = 0;
	query->qu_read = 0;
	ret = o2probe_map(o2probe_uuid(line), map);
	if (ret)
		goto out;
	for_each_set_bit(node, map, O2NM_MAX_NODES)
		len += scnprintf(text + len, O2PROBE_ANSWER_LEN - len, "%s%u",
				 len ? " " : "", node);
	len += scnprintf(text + len, O2PROBE_ANSWER_LEN - len, "\n");
	query->qu_len = len;
out:
	mutex_unlock(&query->qu_mutex);
	return ret ? ret : count;
}

static int o2probe_status(const char *uuid, u8 node)
{
#ifdef O2PROBE_NODE_STATUS
	return o2hb_node_status(uuid, node);
#else
	return -EOPNOTSUPP;
#endif
}

static ssize_t o2probe_status_write(struct file *file, const char __user *from,
				    size_t count, loff_t *pos)
{
	struct o2probe_query *query = file->private_data;
	char line[O2PROBE_LINE_LEN], uuid[O2PROBE_UUID_LEN], rest;
	unsigned int node;
	int ret = o2probe_get_line(line, from, count);

	if (ret)
		return ret;
	if (sscanf(line, "%32s %u %c", uuid, &node, &rest) != 2 || node > U8_MAX)
		return -EINVAL;
	ret = o2probe_status(o2probe_uuid(uuid), node);
	if (ret < 0)
		return ret;
	mutex_lock(&query->qu_mutex);
	query->qu_read = 0;
	query->qu_len = scnprintf(query->qu_answer, O2PROBE_ANSWER_LEN, "%d\n",
				  ret);
	mutex_unlock(&query->qu_mutex);
	return count;
}

static const struct file_operations o2probe_map_fops = {
	.owner		= THIS_MODULE,
	.open		= o2probe_query_open,
	.read		= o2probe_query_read,
	.write		= o2probe_map_write,
	.llseek		= noop_llseek,
	.release	= o2probe_query_release,
};

static const struct file_operations o2probe_status_fops = {
	.owner		= THIS_MODULE,
	.open		= o2probe_query_open,
	.read		= o2probe_query_read,
	.write		= o2probe_status_write,
	.llseek		= noop_llseek,
	.release	= o2probe_query_release,
};

int o2probe_query_init(struct dentry *dir)
{
	debugfs_create_file("map", 0600, dir, NULL, &o2probe_map_fops);
	debugfs_create_file("status", 0600, dir, NULL, &o2probe_status_fops);
	return 0;
}
