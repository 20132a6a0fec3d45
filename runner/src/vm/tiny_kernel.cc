// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/tiny_kernel.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace o2lab {

namespace {

constexpr uint64_t load_address = 0x100000;
constexpr uint32_t xen_elfnote_phys32_entry = 18;

struct EntryNote {
  Elf64_Nhdr header{4, 8, xen_elfnote_phys32_entry};
  char name[4] = {'X', 'e', 'n', '\0'};
  uint64_t entry = load_address;
} __attribute__((packed));

struct Headers {
  Elf64_Ehdr file{};
  Elf64_Phdr code{};
  Elf64_Phdr note{};
  EntryNote entry;
};

// 32-bit protected mode, paging off: the state at a PVH entry.
std::string machine_code(const std::string& text, TinyThen then) {
  std::string code = "\xfa\x66\xba\xf8\x03";                           // cli; mov dx, 0x3f8
  for (const char c : text) code += std::string("\xb0") + c + "\xee";  // mov al, c; out dx, al
  if (then == TinyThen::reset_on_key) {
    code += "\x66\xba\xfd\x03";      // mov dx, 0x3fd
    code += "\xec\xa8\x01\x74\xfb";  // in al, dx; test al, 1; jz to the in: no byte yet
    code += "\xb0\xfe\xe6\x64";      // mov al, 0xfe; out 0x64, al: pulse the reset line
  }
  code += "\xf4\xeb\xfd";  // hlt; jmp to it
  return code;
}

}  // namespace

std::string tiny_kernel(const std::string& text, TinyThen then) {
  const std::string code = machine_code(text, then);
  Headers headers;
  std::memcpy(headers.file.e_ident, ELFMAG, SELFMAG);
  headers.file.e_ident[EI_CLASS] = ELFCLASS64;
  headers.file.e_ident[EI_DATA] = ELFDATA2LSB;
  headers.file.e_ident[EI_VERSION] = EV_CURRENT;
  headers.file.e_type = ET_EXEC;
  headers.file.e_machine = EM_X86_64;
  headers.file.e_version = EV_CURRENT;
  headers.file.e_entry = load_address;
  headers.file.e_phoff = offsetof(Headers, code);
  headers.file.e_ehsize = sizeof(Elf64_Ehdr);
  headers.file.e_phentsize = sizeof(Elf64_Phdr);
  headers.file.e_phnum = 2;
  headers.code.p_type = PT_LOAD;
  headers.code.p_flags = PF_R | PF_X;
  headers.code.p_offset = sizeof(Headers);
  headers.code.p_vaddr = headers.code.p_paddr = load_address;
  headers.code.p_filesz = headers.code.p_memsz = code.size();
  headers.code.p_align = 1;
  headers.note.p_type = PT_NOTE;
  headers.note.p_offset = offsetof(Headers, entry);
  headers.note.p_filesz = headers.note.p_memsz = sizeof(EntryNote);
  headers.note.p_align = 4;
  return std::string(reinterpret_cast<const char*>(&headers), sizeof headers) + code;
}

}  // namespace o2lab
