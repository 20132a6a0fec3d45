// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk_op.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char* const ports[PORTS] = {"7777", "0", "65535", "port"};
static const char* const locals[LOCALS] = {"0", "1", "yes"};
static const char* const modes[MODES] = {"disk",  "user",      "disk\n", "user\n",   "us",
                                         "users", "USER",      " user",  "user\n\n", "\n",
                                         "disk ", "disk user", "local"};
static const char* const cluster_modes[CLUSTER_MODES] = {"local", "global", "elsewhere"};

static void put(char* out, size_t size, const char* format, ...) __attribute__((format(printf, 3, 4)));
static void put(char* out, size_t size, const char* format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(out, size, format, args);
  va_end(args);
}

static bool is_shared_node(const struct walk_names* names, int node) {
  return !names->alone && node >= WALK_SHARED_NODE;
}

void node_path(const struct walk_names* names, int node, char* out, size_t size) {
  if (node == WALK_SELF) {
    put(out, size, WALK_CLUSTER "/node/self");
  } else if (is_shared_node(names, node)) {
    put(out, size, WALK_CLUSTER "/node/all-n%d", node);
  } else if (node == 3) { /* the longest name there is */
    put(out, size, WALK_CLUSTER "/node/w%d-n3-%.*s", names->walker, names->walker < 10 ? 58 : 57,
        "0123456789012345678901234567890123456789012345678901234567890123");
  } else {
    put(out, size, WALK_CLUSTER "/node/w%d-n%d", names->walker, node);
  }
}

void region_path(const struct walk_names* names, int region, char* out, size_t size) {
  if (names->alone && region == 0 && names->uuid != NULL) {
    put(out, size, WALK_CLUSTER "/heartbeat/%s", names->uuid);
  } else if (!names->alone && region >= WALK_SHARED_REGION) {
    put(out, size, WALK_CLUSTER "/heartbeat/all-r%d", region);
  } else if (region == 1) { /* the longest name there is */
    put(out, size, WALK_CLUSTER "/heartbeat/w%d-r1-%.*s", names->walker, names->walker < 10 ? 26 : 25,
        "01234567890123456789012345");
  } else {
    put(out, size, WALK_CLUSTER "/heartbeat/w%d-r%d", names->walker, region);
  }
}

void link_name(const struct walk_names* names, int link, char* out, size_t size) {
  static const char* const free_names[WALK_LINKS] = {"", " a blank", ".hidden", "-n"};
  put(out, size, "w%d%s", names->walker, free_names[link]);
}

void node_address(const struct walk_names* names, int node, char* out, size_t size) {
  if (names->alone && node == 0 && names->address != NULL) {
    put(out, size, "%s", names->address);
  } else if (is_shared_node(names, node) || node == WALK_SELF) {
    put(out, size, "127.1.0.%d", node + 1);
  } else {
    put(out, size, "127.0.%d.%d", names->walker + 1, node + 1);
  }
}

int node_number(const struct walk_names* names, int node) {
  if (node == WALK_SELF) {
    return 254;
  }
  if (is_shared_node(names, node)) {
    return 240 + node;
  }
  return names->walker * WALK_NODES + node;
}

static void link_path(const struct walk_names* names, const struct op* op, char* out, size_t size) {
  char region[160];
  char name[32];
  region_path(names, op->a, region, sizeof(region));
  link_name(names, op->b, name, sizeof(name));
  put(out, size, "%s/%s", region, name);
}

static void wrong_target(const struct walk_names* names, const struct op* op, char* out, size_t size) {
  switch ((enum wrong_target)op->c) {
    case WRONG_CLUSTER:
      put(out, size, WALK_CLUSTER);
      break;
    case WRONG_NODE_GROUP:
      put(out, size, WALK_CLUSTER "/node");
      break;
    case WRONG_HEARTBEAT_GROUP:
      put(out, size, WALK_CLUSTER "/heartbeat");
      break;
    case WRONG_SUBSYSTEM:
      put(out, size, WALK_CONFIGFS);
      break;
    case WRONG_ROOT:
      put(out, size, "/sys/kernel/config");
      break;
    case WRONG_REGION:
      region_path(names, op->a, out, size);
      break;
    case WRONG_ATTRIBUTE:
      put(out, size, WALK_CLUSTER "/fence_method");
      break;
    case WRONG_MISSING:
      put(out, size, WALK_CLUSTER "/node/nobody");
      break;
    case WRONG_ELSEWHERE:
    case WRONG_TARGETS:
      put(out, size, "/sys/kernel");
      break;
  }
}

static void attribute(const struct walk_names* names, int node, const char* name, char* out, size_t size) {
  char path[160];
  node_path(names, node, path, sizeof(path));
  put(out, size, "%s/%s", path, name);
}

static void value_text(const struct walk_names* names, const struct op* op, char* out, size_t size) {
  if (op->kind == OP_ADDRESS && op->b < WALK_NODES) {
    node_address(names, op->b, out, size);
  } else if (op->kind == OP_ADDRESS) {
    put(out, size, "%s", op->b == ADDRESS_WORD ? "here" : "127.0.0.256");
  } else if (op->b < WALK_NODES) {
    put(out, size, "%d", node_number(names, op->b));
  } else {
    put(out, size, "%s", op->b == NUMBER_WORD ? "one" : "255");
  }
}

static void other_texts(const struct walk_names* names, const struct op* op, struct op_text* out) {
  static const char* const elsewhere[] = {"/node", "/heartbeat", ""};
  char path[160];
  const size_t size = sizeof(out->first);
  switch (op->kind) {
    case OP_MODE:
      put(out->first, size, WALK_MODE_FILE);
      put(out->second, size, "%s", modes[op->a]);
      break;
    case OP_CLUSTER_MODE:
      put(out->first, size, WALK_CLUSTER "/heartbeat/mode");
      put(out->second, size, "%s", cluster_modes[op->a]);
      break;
    case OP_MKDIR_INSIDE:
      region_path(names, op->a, path, sizeof(path));
      put(out->first, size, "%s/inside", path);
      break;
    case OP_LINK_ELSEWHERE:
      if (op->a >= 3) {
        node_path(names, op->a - 3, path, sizeof(path));
      } else {
        put(path, sizeof(path), WALK_CLUSTER "%s", elsewhere[op->a]);
      }
      put(out->first, size, WALK_CONFIGFS);
      put(out->second, size, "%s/elsewhere", path);
      break;
    case OP_RMDIR_FIXED:
      put(out->first, size, WALK_CLUSTER "%s", elsewhere[op->a]);
      break;
    case OP_LONG_NODE:
      put(out->first, size, WALK_CLUSTER "/node/%065d", names->walker);
      break;
    case OP_LONG_REGION:
      put(out->first, size, WALK_CLUSTER "/heartbeat/%033d", names->walker);
      break;
    case OP_MOUNT:
      put(out->first, size, "%s", names->device);
      put(out->second, size, "%s", names->directory);
      break;
    default:
      put(out->first, size, "%s", names->directory);
      break;
  }
}

void op_text(const struct walk_names* names, const struct op* op, struct op_text* out) {
  static const char* const calls[OP_KINDS] = {[OP_MKDIR_CLUSTER] = "mkdir",
                                              [OP_RMDIR_CLUSTER] = "rmdir",
                                              [OP_MKDIR_NODE] = "mkdir",
                                              [OP_RMDIR_NODE] = "rmdir",
                                              [OP_ADDRESS] = "write",
                                              [OP_PORT] = "write",
                                              [OP_NUMBER] = "write",
                                              [OP_LOCAL] = "write",
                                              [OP_MKDIR_REGION] = "mkdir",
                                              [OP_RMDIR_REGION] = "rmdir",
                                              [OP_LINK] = "ln",
                                              [OP_LINK_WRONG] = "ln",
                                              [OP_UNLINK] = "rm",
                                              [OP_MODE] = "write",
                                              [OP_CLUSTER_MODE] = "write",
                                              [OP_MKDIR_INSIDE] = "mkdir",
                                              [OP_LINK_ELSEWHERE] = "ln",
                                              [OP_RMDIR_FIXED] = "rmdir",
                                              [OP_LONG_NODE] = "mkdir",
                                              [OP_LONG_REGION] = "mkdir",
                                              [OP_MOUNT] = "mount",
                                              [OP_UMOUNT] = "umount"};
  const size_t size = sizeof(out->first);
  out->first[0] = out->second[0] = '\0';
  switch (op->kind) {
    case OP_MKDIR_CLUSTER:
    case OP_RMDIR_CLUSTER:
      put(out->first, size, "%s", op->a == 0 ? WALK_CLUSTER : WALK_CONFIGFS "/other");
      break;
    case OP_MKDIR_NODE:
    case OP_RMDIR_NODE:
      node_path(names, op->a, out->first, size);
      break;
    case OP_ADDRESS:
    case OP_NUMBER:
      attribute(names, op->a, op->kind == OP_ADDRESS ? "ipv4_address" : "num", out->first, size);
      value_text(names, op, out->second, size);
      break;
    case OP_PORT:
      attribute(names, op->a, "ipv4_port", out->first, size);
      put(out->second, size, "%s", ports[op->b]);
      break;
    case OP_LOCAL:
      attribute(names, op->a, "local", out->first, size);
      put(out->second, size, "%s", locals[op->b]);
      break;
    case OP_MKDIR_REGION:
    case OP_RMDIR_REGION:
      region_path(names, op->a, out->first, size);
      break;
    case OP_LINK:
      node_path(names, op->c, out->first, size);
      link_path(names, op, out->second, size);
      break;
    case OP_LINK_WRONG:
      wrong_target(names, op, out->first, size);
      link_path(names, op, out->second, size);
      break;
    case OP_UNLINK:
      link_path(names, op, out->first, size);
      break;
    default:
      other_texts(names, op, out);
      break;
  }
  out->call.name = calls[op->kind];
  out->call.first = out->first;
  out->call.second = call_arguments(out->call.name) == 2 ? out->second : NULL;
}

const char* op_line(const struct walk_names* names, const struct op* op, char* out, size_t size) {
  struct op_text text;
  op_text(names, op, &text);
  if (text.call.second == NULL) {
    put(out, size, "o2work call %s '%s'", text.call.name, text.first);
  } else {
    put(out, size, "o2work call %s '%s' '%s'", text.call.name, text.first, text.second);
  }
  return out;
}
