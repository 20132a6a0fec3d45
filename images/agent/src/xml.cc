// SPDX-License-Identifier: GPL-2.0-or-later
#include "xml.h"

#include <pugixml.hpp>

namespace o2member {

namespace {

constexpr int kDeepest = 64;

std::optional<Element> element_of(const pugi::xml_node& node, int depth) {
  if (depth > kDeepest) return std::nullopt;
  Element read;
  read.name = node.name();
  for (const pugi::xml_attribute& attribute : node.attributes())
    read.attributes[attribute.name()] = attribute.value();
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    auto inner = element_of(child, depth + 1);
    if (!inner) return std::nullopt;
    read.children.push_back(std::move(*inner));
  }
  return read;
}

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
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return std::nullopt;
  return element_of(document.document_element(), 0);
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
