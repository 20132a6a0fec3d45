// SPDX-License-Identifier: GPL-2.0-only
/* Registered callbacks, and what they were called with. */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "o2probe.h"

#define O2PROBE_MAX_EVENTS	65536

struct o2probe_callback {
	struct list_head		cb_item;
	char				cb_uuid[O2PROBE_UUID_LEN];
	int				cb_priority;
	struct o2hb_callback_func	cb_up;
	struct o2hb_callback_func	cb_down;
};

struct o2probe_event {
	struct list_head	ev_item;
	u64			ev_seq;
	u64			ev_time_ns;
	bool			ev_up;
	int			ev_node;
	char			ev_uuid[O2PROBE_UUID_LEN];
	int			ev_depth;
	int			ev_priority;
	char			ev_comm[TASK_COMM_LEN];
	pid_t			ev_pid;
};

/* serialises register and unregister; o2hb pins configfs items in there */
static DEFINE_MUTEX(o2probe_callbacks_mutex);
static LIST_HEAD(o2probe_callbacks);

static DEFINE_SPINLOCK(o2probe_events_lock);
static LIST_HEAD(o2probe_events);
static u64 o2probe_seq;
static unsigned int o2probe_kept;
static u64 o2probe_lost;

/* how many deliveries are going on: o2hb promises one at a time */
static atomic_t o2probe_depth = ATOMIC_INIT(0);
static u32 o2probe_delay_ms;

static void o2probe_record(const struct o2probe_callback *cb, int node, bool up)
{
	struct o2probe_event *event = kmalloc(sizeof(*event), GFP_NOFS);
	int depth = atomic_inc_return(&o2probe_depth);

	spin_lock(&o2probe_events_lock);
	o2probe_seq++;
	if (event && o2probe_kept < O2PROBE_MAX_EVENTS) {
		event->ev_seq = o2probe_seq;
		event->ev_time_ns = ktime_get_ns();
		event->ev_up = up;
		event->ev_node = node;
		strscpy(event->ev_uuid, cb->cb_uuid, sizeof(event->ev_uuid));
		event->ev_depth = depth;
		event->ev_priority = cb->cb_priority;
		get_task_comm(event->ev_comm, current);
		event->ev_pid = task_pid_nr(current);
		list_add_tail(&event->ev_item, &o2probe_events);
		o2probe_kept++;
		event = NULL;
	} else {
		o2probe_lost++;
	}
	spin_unlock(&o2probe_events_lock);
	kfree(event);

	if (READ_ONCE(o2probe_delay_ms))
		msleep(READ_ONCE(o2probe_delay_ms));
	atomic_dec(&o2probe_depth);
}

static void o2probe_up(struct o2nm_node *node, int num, void *data)
{
	o2probe_record(data, num, true);
}

static void o2probe_down(struct o2nm_node *node, int num, void *data)
{
	o2probe_record(data, num, false);
}

/* "UUID|- PRIORITY [hold]" */
static int o2probe_get_callback(const char __user *from, size_t count,
				char *uuid, int *priority, bool *hold)
{
	char line[O2PROBE_LINE_LEN], word[6], rest;
	int found;
	int ret = o2probe_get_line(line, from, count);

	if (ret)
		return ret;
	found = sscanf(line, "%32s %d %5s %c", uuid, priority, word, &rest);
	*hold = found == 3 && !strcmp(word, "hold");
	return found == 2 || *hold ? 0 : -EINVAL;
}

static struct o2probe_callback *o2probe_find(const char *uuid, int priority)
{
	struct o2probe_callback *cb;

	list_for_each_entry(cb, &o2probe_callbacks, cb_item)
		if (cb->cb_priority == priority && !strcmp(cb->cb_uuid, uuid))
			return cb;
	return NULL;
}

static int o2probe_register(const char *uuid, int priority, bool hold)
{
	struct o2probe_callback *cb;
	int ret;

	if (o2probe_find(uuid, priority))
		return -EEXIST;

	cb = kzalloc(sizeof(*cb), GFP_KERNEL);
	if (!cb)
		return -ENOMEM;
	strscpy(cb->cb_uuid, uuid, sizeof(cb->cb_uuid));
	cb->cb_priority = priority;
	o2hb_setup_callback(&cb->cb_up, O2HB_NODE_UP_CB, o2probe_up, cb,
			    priority);
	o2hb_setup_callback(&cb->cb_down, O2HB_NODE_DOWN_CB, o2probe_down, cb,
			    priority);
#ifdef O2PROBE_LISTENS
	cb->cb_up.hc_listens = !hold;
	cb->cb_down.hc_listens = !hold;
#endif

	ret = o2hb_register_callback(o2probe_uuid(cb->cb_uuid), &cb->cb_down);
	if (ret)
		goto free;
	ret = o2hb_register_callback(o2probe_uuid(cb->cb_uuid), &cb->cb_up);
	if (ret)
		goto unregister;

	list_add_tail(&cb->cb_item, &o2probe_callbacks);
	return 0;

unregister:
	o2hb_unregister_callback(o2probe_uuid(cb->cb_uuid), &cb->cb_down);
free:
	kfree(cb);
	return ret;
}

static void o2probe_forget(struct o2probe_callback *cb)
{
	list_del(&cb->cb_item);
	o2hb_unregister_callback(o2probe_uuid(cb->cb_uuid), &cb->cb_up);
	o2hb_unregister_callback(o2probe_uuid(cb->cb_uuid), &cb->cb_down);
	kfree(cb);
}

static ssize_t o2probe_register_write(struct file *file, const char __user *from,
				      size_t count, loff_t *pos)
{
	char uuid[O2PROBE_UUID_LEN];
	int priority, ret;
	bool hold;

	ret = o2probe_get_callback(from, count, uuid, &priority, &hold);
	if (ret)
		return ret;
	mutex_lock(&o2probe_callbacks_mutex);
	ret = o2probe_register(uuid, priority, hold);
	mutex_unlock(&o2probe_callbacks_mutex);
	return ret ? ret : count;
}

static ssize_t o2probe_unregister_write(struct file *file, const char __user *from,
					size_t count, loff_t *pos)
{
	struct o2probe_callback *cb;
	char uuid[O2PROBE_UUID_LEN];
	int priority, ret;
	bool hold;

	ret = o2probe_get_callback(from, count, uuid, &priority, &hold);
	if (ret)
		return ret;
	mutex_lock(&o2probe_callbacks_mutex);
	cb = o2probe_find(uuid, priority);
	if (cb)
		o2probe_forget(cb);
	mutex_unlock(&o2probe_callbacks_mutex);
	return cb ? count : -ENOENT;
}

static const struct file_operations o2probe_register_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= o2probe_register_write,
	.llseek	= noop_llseek,
};

static const struct file_operations o2probe_unregister_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= o2probe_unregister_write,
	.llseek	= noop_llseek,
};

/* SEQ TIME_NS up|down NODE UUID|- GLOBAL DEPTH COMM:PID PRIORITY, CLOCK_MONOTONIC */
static int o2probe_events_show(struct seq_file *seq, void *unused)
{
	struct o2probe_event *event;
	char *at;

	spin_lock(&o2probe_events_lock);
	list_for_each_entry(event, &o2probe_events, ev_item) {
		for (at = event->ev_comm; *at; at++)
			if (*at == ' ')
				*at = '_';
		/* an unbound callback hears first-up and last-down alone */
		seq_printf(seq, "%llu %llu %s %d %s %d %d %s:%d %d\n",
			   event->ev_seq, event->ev_time_ns,
			   event->ev_up ? "up" : "down", event->ev_node,
			   event->ev_uuid, !o2probe_uuid(event->ev_uuid),
			   event->ev_depth, event->ev_comm, event->ev_pid,
			   event->ev_priority);
	}
	if (o2probe_lost)
		seq_printf(seq, "# lost %llu\n", o2probe_lost);
	spin_unlock(&o2probe_events_lock);
	return 0;
}

static int o2probe_events_open(struct inode *inode, struct file *file)
{
	return single_open(file, o2probe_events_show, NULL);
}

static void o2probe_events_clear(void)
{
	struct o2probe_event *event, *next;
	LIST_HEAD(old);

	spin_lock(&o2probe_events_lock);
	list_splice_init(&o2probe_events, &old);
	o2probe_kept = 0;
	o2probe_lost = 0;
	spin_unlock(&o2probe_events_lock);

	list_for_each_entry_safe(event, next, &old, ev_item)
		kfree(event);
}

static ssize_t o2probe_events_write(struct file *file, const char __user *from,
				    size_t count, loff_t *pos)
{
	o2probe_events_clear();
	return count;
}

static const struct file_operations o2probe_events_fops = {
	.owner		= THIS_MODULE,
	.open		= o2probe_events_open,
	.read		= seq_read,
	.write		= o2probe_events_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

int o2probe_events_init(struct dentry *dir)
{
	debugfs_create_file("register", 0200, dir, NULL, &o2probe_register_fops);
	debugfs_create_file("unregister", 0200, dir, NULL,
			    &o2probe_unregister_fops);
	debugfs_create_file("events", 0600, dir, NULL, &o2probe_events_fops);
	debugfs_create_u32("delay_ms", 0600, dir, &o2probe_delay_ms);
	return 0;
}

void o2probe_events_exit(void)
{
	struct o2probe_callback *cb, *next;

	list_for_each_entry_safe(cb, next, &o2probe_callbacks, cb_item)
		o2probe_forget(cb);
	o2probe_events_clear();
}
