// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walk_run.h"

static const char* wrong(const char* format, ...) __attribute__((format(printf, 1, 2)));
static const char* wrong(const char* format, ...) {
  static _Thread_local char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  return text;
}

static const char* base_of(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static bool exists(const char* path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

/* The first line of dir/name, without its end; empty when it cannot be read. */
static void read_line(const char* dir, const char* name, char* out, size_t size) {
  char path[256];
  snprintf(path, sizeof(path), "%s%s%s", dir, name[0] != '\0' ? "/" : "", name);
  ssize_t got = -1;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    got = read(fd, out, size - 1);
    close(fd);
  }
  out[got > 0 ? got : 0] = '\0';
  out[strcspn(out, "\n")] = '\0';
}

static const char* look_attribute(const char* dir, const char* name, const char* should) {
  char text[64];
  read_line(dir, name, text, sizeof(text));
  return strcmp(text, should) == 0 ? NULL : wrong("%s/%s reads \"%s\", not \"%s\"", dir, name, text, should);
}

static const char* look_node(const struct walk_names* names, const struct model* model, int n) {
  const struct model_node* node = &model->nodes[n];
  char dir[160];
  char text[32];
  const char* found = NULL;
  node_path(names, n, dir, sizeof(dir));
  const bool should = model->cluster == 0 && node->exists;
  if (exists(dir) != should) {
    return wrong("%s is %sthere", dir, should ? "not " : "");
  }
  if (!should || n == WALK_SELF) {
    return NULL;
  }
  snprintf(text, sizeof(text), "%d", node->has_number ? node_number(names, node->number) : 0);
  found = look_attribute(dir, "num", text);
  if (found == NULL) {
    found = look_attribute(dir, "ipv4_port", node->has_port ? "7777" : "0");
  }
  if (found == NULL) {
    snprintf(text, sizeof(text), "0.0.0.0");
    if (node->has_address) {
      node_address(names, node->address, text, sizeof(text));
    }
    found = look_attribute(dir, "ipv4_address", text);
  }
  return found != NULL ? found : look_attribute(dir, "local", node->local ? "1" : "0");
}

/* Which of the walker's link names this is; -1: none. */
static int which_link(const struct walk_names* names, const char* entry) {
  char name[32];
  for (int l = 0; l < WALK_LINKS; l++) {
    link_name(names, l, name, sizeof(name));
    if (strcmp(name, entry) == 0) {
      return l;
    }
  }
  return -1;
}

static const char* look_link(const struct walk_names* names, const char* dir, const char* entry, int node) {
  char path[PATH_MAX];
  char target[PATH_MAX];
  char should[160];
  snprintf(path, sizeof(path), "%s/%s", dir, entry);
  ssize_t size = readlink(path, target, sizeof(target) - 1);
  if (size < 0) {
    return wrong("%s is no link: %s", path, strerror(errno));
  }
  target[size] = '\0';
  node_path(names, node, should, sizeof(should));
  return strcmp(base_of(target), base_of(should)) == 0 ? NULL : wrong("%.120s leads to %.120s", path, target);
}

static const char* look_region(const struct walk_names* names, const struct model* model, int r) {
  const struct model_region* region = &model->regions[r];
  const bool shared = !names->alone && r >= WALK_SHARED_REGION;
  const bool should = model->cluster == 0 && (shared ? holds_region(model, r) : region->exists);
  char dir[160];
  const char* found = NULL;
  int links = 0;
  region_path(names, r, dir, sizeof(dir));
  if (shared && !should) { /* others may do with it what they like */
    return NULL;
  }
  if (exists(dir) != should) {
    return wrong("%s is %sthere", dir, should ? "not " : "");
  }
  if (!should || !model->user) {
    return NULL;
  }
  DIR* entries = opendir(dir);
  struct dirent* entry;
  while (entries != NULL && found == NULL && (entry = readdir(entries)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    int l = which_link(names, entry->d_name);
    if (l >= 0 && region->link[l] != NO_NODE) {
      links++;
      found = look_link(names, dir, entry->d_name, region->link[l]);
    } else if (l >= 0 || !shared) {
      found = wrong("%s holds %.60s", dir, entry->d_name);
    }
  }
  if (entries != NULL) {
    closedir(entries);
  }
  int expected = 0;
  for (int l = 0; l < WALK_LINKS; l++) {
    expected += region->link[l] != NO_NODE;
  }
  return found != NULL || links == expected ? found : wrong("%s lists %d links of %d", dir, links, expected);
}

static const char* look_modes(const struct walk_names* names, const struct model* model) {
  (void)names;
  char text[64];
  read_line(WALK_MODE_FILE, "", text, sizeof(text));
  if (strcmp(text, model->user ? "user" : "disk") != 0) {
    return wrong(WALK_MODE_FILE " reads \"%s\"", text);
  }
  if (model->cluster != 0 || (!model->user && model->cluster_mode == MODE_UNKNOWN)) {
    return NULL;
  }
  return look_attribute(WALK_CLUSTER "/heartbeat", "mode",
                        !model->user && model->cluster_mode == CLUSTER_MODE_GLOBAL ? "global" : "local");
}

static const char* look(void* self, const struct model* model, const struct op* op) {
  const struct walk_names* names = self;
  switch (op->kind) {
    case OP_MKDIR_NODE:
    case OP_RMDIR_NODE:
    case OP_ADDRESS:
    case OP_PORT:
    case OP_NUMBER:
    case OP_LOCAL:
      return !names->alone && op->a >= WALK_SHARED_NODE ? NULL : look_node(names, model, op->a);
    case OP_MKDIR_REGION:
    case OP_RMDIR_REGION:
    case OP_LINK:
    case OP_LINK_WRONG:
    case OP_UNLINK:
    case OP_MKDIR_INSIDE:
      return look_region(names, model, op->a);
    default:
      return look_modes(names, model);
  }
}

static int call(void* self, const struct op* op) {
  struct op_text text;
  op_text(self, op, &text);
  return make_call(&text.call);
}

/* Calls `remove` on every entry of the directory until none is left or one stays. */
static int remove_each(const char* dir, int (*remove)(const char* path)) {
  char path[PATH_MAX];
  int error = 0;
  DIR* entries = opendir(dir);
  struct dirent* entry;
  while (entries != NULL && (entry = readdir(entries)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    struct stat status;
    snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode) && remove(path) != 0) {
      error = errno;
    }
  }
  if (entries != NULL) {
    closedir(entries);
  }
  return error;
}

static int remove_region(const char* path) {
  remove_each(path, unlink);
  return rmdir(path);
}

static int remove_cluster(const char* path) {
  char group[PATH_MAX + 16];
  snprintf(group, sizeof(group), "%s/heartbeat", path);
  remove_each(group, remove_region);
  snprintf(group, sizeof(group), "%s/node", path);
  remove_each(group, rmdir);
  return rmdir(path);
}

int walk_clear(const char* directory) {
  if (directory != NULL) {
    umount(directory);
  }
  int error = remove_each(WALK_CONFIGFS, remove_cluster);
  const struct call user = {"write", WALK_MODE_FILE, "user"};
  return error != 0 ? error : make_call(&user);
}

static void reset(void* self) {
  const struct walk_names* names = self;
  char path[256];
  char name[32];
  if (names->alone) {
    walk_clear(names->directory);
    return;
  }
  for (int r = 0; r < WALK_REGIONS; r++) {
    char dir[160];
    region_path(names, r, dir, sizeof(dir));
    for (int l = 0; l < WALK_LINKS; l++) {
      link_name(names, l, name, sizeof(name));
      snprintf(path, sizeof(path), "%s/%s", dir, name);
      unlink(path);
    }
    rmdir(dir);
  }
  for (int n = 0; n < WALK_NODES; n++) {
    node_path(names, n, path, sizeof(path));
    rmdir(path);
  }
}

struct walk_target walk_kernel(const struct walk_names* names) {
  return (struct walk_target){(void*)names, call, look, reset};
}

static const char* look_at_group(const char* group, const struct walk_names* const* names,
                                 const struct model* const* models, int count) {
  const bool nodes = strcmp(group, "/node") == 0;
  const char* found = NULL;
  DIR* entries = opendir(nodes ? WALK_CLUSTER "/node" : WALK_CLUSTER "/heartbeat");
  struct dirent* entry;
  while (entries != NULL && found == NULL && (entry = readdir(entries)) != NULL) {
    char path[160];
    bool known = entry->d_name[0] == '.' || entry->d_type == DT_REG || strncmp(entry->d_name, "all-", 4) == 0;
    for (int w = 0; w < count && !known; w++) {
      for (int i = 0; i < (nodes ? WALK_NODES + 1 : WALK_REGIONS) && !known; i++) {
        (nodes ? node_path : region_path)(names[w], i, path, sizeof(path));
        known = strcmp(base_of(path), entry->d_name) == 0 &&
                (nodes ? models[w]->nodes[i].exists : models[w]->regions[i].exists);
      }
    }
    found = known ? NULL : wrong(WALK_CLUSTER "%s holds %.100s", group, entry->d_name);
  }
  if (entries != NULL) {
    closedir(entries);
  }
  return found;
}

const char* walk_everything(const struct walk_names* const* names, const struct model* const* models,
                            int count) {
  const char* found = look_modes(names[0], models[0]);
  for (int w = 0; w < count && found == NULL; w++) {
    for (int n = 0; n < (names[w]->alone ? WALK_NODES : WALK_SHARED_NODE) && found == NULL; n++) {
      found = look_node(names[w], models[w], n);
    }
    for (int r = 0; r < WALK_REGIONS && found == NULL; r++) {
      found = look_region(names[w], models[w], r);
    }
  }
  if (found == NULL) {
    found = look_at_group("/node", names, models, count);
  }
  return found != NULL ? found : look_at_group("/heartbeat", names, models, count);
}
