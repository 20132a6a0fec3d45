# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A tree that answers to the make targets build.sh uses, in milliseconds. Sourced by test.sh.

fake_tree() { # DIR
  mkdir -p "$1/fs/ocfs2" "$1/kernel" "$1/scripts/kconfig"
  local i
  {
    for i in {1..40}; do printf '// line %d\n' "$i"; done
    printf 'int ocfs2_super;\n'
  } >"$1/fs/ocfs2/super.c"
  printf 'int main(void) { return 0; }\n' >"$1/kernel/core.c"
  printf 'int spare;\n' >"$1/kernel/spare.c"
  # merge_config.sh -m -O DIR FRAGMENT...
  # shellcheck disable=SC2016
  printf 'shift; out=$2; shift 2; cat "$@" >"$out/.config"\n' >"$1/scripts/kconfig/merge_config.sh"
  # The configuration tool of this tree drops CONFIG_GONE, and something in it selects CONFIG_SELECTED.
  cat >"$1/Makefile" <<'TEXT'
VERSION = 6
PATCHLEVEL = 1
SUBLEVEL = 9
EXTRAVERSION =
NAME = Stand-in
mods = $(INSTALL_MOD_PATH)/lib/modules/6.1.9-fake
allnoconfig:
	{ grep '=' $(KCONFIG_ALLCONFIG) | grep -v -e '=n$$' -e CONFIG_GONE; echo CONFIG_SELECTED=y; } >$(O)/.config
	mkdir -p $(O)/include/config && echo 6.1.9-fake >$(O)/include/config/kernel.release
vmlinux: $(O)/vmlinux
modules: $(O)/fs/ocfs2/ocfs2.ko
$(O)/vmlinux: kernel/core.c
	@echo '  CC      kernel/core.o'
	@$(CC) -o $@ $<
$(O)/fs/ocfs2/ocfs2.ko: fs/ocfs2/super.c
	@echo '  CC [M]  fs/ocfs2/super.o'
	@mkdir -p $(@D)
	@$(CC) -c -o $@ $<
modules_install:
	mkdir -p $(mods)/kernel/fs/ocfs2 && cp $(O)/fs/ocfs2/ocfs2.ko $(mods)/kernel/fs/ocfs2
.PHONY: allnoconfig vmlinux modules modules_install
TEXT
}
