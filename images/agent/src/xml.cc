// SPDX-License-Identifier: GPL-2.0-or-later
#include "xml.h"

#include <utility>

namespace o2member {

namespace {

constexpr std::pair<std::string_view, char> kEntities[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#10;", '\n'}};
constexpr std::string_view kBlank = " \t\r\n";
constexpr int kDeepest = 64;

std::string plain(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    size_t taken = 1;
    char c = text[0];
    for (const auto& [entity, stands_for] : kEntities)
      if (text.starts_with(entity)) {
        taken = entity.size();
        c = stands_for;
      }
    result += c;
    text.remove_prefix(taken);
  }
  return result;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  std::optional<Element> element(int depth = 0) {
    if (depth > kDeepest || !to_tag()) return std::nullopt;
    Element read;
    take(1);
    read.name = take(left_.find_first_of(" \t\r\n/>"));
    for (;;) {
      skip_blank();
      if (left_.starts_with("/>")) {
        take(2);
        return read;
      }
      if (left_.starts_with(">")) {
        take(1);
        break;
      }
      if (!attribute(read)) return std::nullopt;
    }
    while (to_tag() && !left_.starts_with("</")) {
      auto inner = element(depth + 1);
      if (!inner) return std::nullopt;
      read.children.push_back(std::move(*inner));
    }
    const std::string end = "</" + read.name;
    if (!left_.starts_with(end)) return std::nullopt;
    take(end.size());
    skip_blank();
    if (!left_.starts_with(">")) return std::nullopt;
    take(1);
    return read;
  }

 private:
  std::string_view take(size_t size) {
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }
  void skip_blank() { take(std::min(left_.find_first_not_of(kBlank), left_.size())); }

  // Over text, comments, and declarations.
  bool to_tag() {
    for (;;) {
      take(std::min(left_.find('<'), left_.size()));
      const bool comment = left_.starts_with("<!--");
      if (!comment && !left_.starts_with("<?") && !left_.starts_with("<!")) return !left_.empty();
      const std::string_view end = comment ? "-->" : ">";
      const size_t at = left_.find(end);
      if (at == std::string_view::npos) return false;
      take(at + end.size());
    }
  }

  bool attribute(Element& of) {
    const std::string name(take(std::min(left_.find_first_of("= \t\r\n/>"), left_.size())));
    if (name.empty() || left_.size() < 2 || left_[0] != '=' || (left_[1] != '"' && left_[1] != '\''))
      return false;
    const char quote = left_[1];
    take(2);
    const size_t end = left_.find(quote);
    if (end == std::string_view::npos) return false;
    of.attributes[name] = plain(take(end));
    take(1);
    return true;
  }

  std::string_view left_;
};

void collect(const Element& from, std::string_view wanted, std::vector<const Element*>& into) {
  for (const Element& child : from.children) {
    if (child.name == wanted) into.push_back(&child);
    collect(child, wanted, into);
  }
}

}  // namespace

std::string Element::get(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? "" : found->second;
}

const Element& Element::child(std::string_view wanted) const {
  static const Element nothing;
  for (const Element& child : children)
    if (child.name == wanted) return child;
  return nothing;
}

std::vector<const Element*> Element::all(std::string_view wanted) const {
  std::vector<const Element*> found;
  collect(*this, wanted, found);
  return found;
}

std::optional<Element> parse_xml(std::string_view text) {
  return Reader(text).element();
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '"')
      escaped += "&quot;";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace o2member
