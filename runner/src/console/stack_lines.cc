// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/stack_lines.h"

#include <elfutils/libdwfl.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "base/error.h"

namespace o2lab {

namespace {

int no_other_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word,
                  char**) {
  return -1;
}

/// Debug information is never looked for elsewhere: only what was built counts.
const Dwfl_Callbacks kOffline = {dwfl_build_id_find_elf, no_other_file, dwfl_offline_section_address,
                                 nullptr};

std::string as_module_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

fs::path find_module(const fs::path& dir, const std::string& module) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir, error))
    if (entry.path().extension() == ".ko" && as_module_name(entry.path().stem()) == module)
      return entry.path();
  return {};
}

}  // namespace

/// A file with debug information, open.
class StackLines::File {
 public:
  explicit File(const fs::path& path) : dwfl_(dwfl_begin(&kOffline), &dwfl_end) {
    module_ = dwfl_report_offline(dwfl_.get(), "", path.c_str(), -1);
    if (module_ == nullptr || dwfl_report_end(dwfl_.get(), nullptr, nullptr) != 0)
      fail(ErrorKind::infra, "{}: {}", path.native(), dwfl_errmsg(-1));
    const int symbols = dwfl_module_getsymtab(module_);
    for (int i = 0; i < symbols; ++i) {
      GElf_Sym symbol;
      GElf_Addr address = 0;
      const char* name = dwfl_module_getsym_info(module_, i, &symbol, &address, nullptr, nullptr, nullptr);
      if (name != nullptr && GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
        functions_.emplace(name, Function{address, symbol.st_size});
    }
  }

  std::optional<std::string> line_of(const std::string& name, uint64_t offset, uint64_t size) const {
    const auto [begin, end] = functions_.equal_range(name);
    const Function* best = nullptr;
    // The kernel counts the padding up to the next function in.
    for (auto it = begin; it != end; ++it)
      if (it->second.size <= size && (best == nullptr || it->second.size > best->size)) best = &it->second;
    if (best == nullptr) return std::nullopt;
    Dwfl_Line* line = dwfl_module_getsrc(module_, best->address + offset);
    int number = 0;
    const char* source =
        line == nullptr ? nullptr : dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    if (source == nullptr || number == 0) return std::nullopt;
    return fmt::format("{}:{}", shorten(source), number);
  }

 private:
  struct Function {
    GElf_Addr address;
    uint64_t size;
  };
  /// Without the build's own folders: "../src/fs/ocfs2/super.c" and "./include/linux/fs.h".
  static std::string shorten(std::string source) {
    for (const std::string_view prefix : {"../src/", "./"})
      if (const size_t at = source.rfind(prefix); at != std::string::npos)
        source.erase(0, at + prefix.size());
    return source;
  }

  std::unique_ptr<Dwfl, decltype(&dwfl_end)> dwfl_;
  Dwfl_Module* module_ = nullptr;
  std::multimap<std::string, Function> functions_;
};

StackLines::StackLines(fs::path kernel_dir) : kernel_dir_(std::move(kernel_dir)) {}

StackLines::~StackLines() = default;

StackLines::File* StackLines::file_of(const std::string& module) {
  const auto known = files_.find(module);
  if (known != files_.end()) return known->second.get();
  std::unique_ptr<File>& file = files_[module];
  const fs::path path =
      module.empty() ? kernel_dir_ / "vmlinux.debug" : find_module(kernel_dir_ / "modules", module);
  if (path.empty() || !fs::exists(path)) return nullptr;
  try {
    file = std::make_unique<File>(path);
  } catch (const Error&) {
    // As if it were not there: the text is worth having without lines.
  }
  return file.get();
}

std::optional<std::string> StackLines::line_of(const std::string& function, uint64_t offset, uint64_t size,
                                               const std::string& module) {
  const File* file = file_of(module);
  return file == nullptr ? std::nullopt : file->line_of(function, offset, size);
}

std::string StackLines::decode(const std::string& text) {
  static const std::regex place(
      R"(([A-Za-z_][A-Za-z0-9_.]*)\+0x([0-9a-f]{1,16})/0x([0-9a-f]{1,16})(?: \[([A-Za-z0-9_]+)\])?)");
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    std::smatch found;
    std::string rest = line;
    if (rest.find("+0x") == std::string::npos) {
      out += line + "\n";
      continue;
    }
    const bool is_exact = rest.find("RIP: ") != std::string::npos;
    while (std::regex_search(rest, found, place)) {
      const uint64_t offset = std::stoull(found[2].str(), nullptr, 16);
      const uint64_t call = is_exact || offset == 0 ? offset : offset - 1;
      const auto where = line_of(found[1], call, std::stoull(found[3].str(), nullptr, 16), found[4]);
      out += found.prefix().str() + found[0].str() + (where ? " (" + *where + ")" : "");
      rest = found.suffix();
    }
    out += rest + "\n";
  }
  return out;
}

}  // namespace o2lab
