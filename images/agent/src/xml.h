// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace o2member {

/// What Pacemaker's tools print: elements and their attributes. Text between them is not kept.
struct Element {
  std::string name;
  std::map<std::string, std::string, std::less<>> attributes;
  std::vector<Element> children;

  /// Value of an attribute; empty when there is none.
  std::string get(std::string_view attribute) const;
  /// The first child of this name, or an element with nothing in it.
  const Element& child(std::string_view wanted) const;
  /// All elements of this name below this one, at any depth, in the order of the text.
  std::vector<const Element*> all(std::string_view wanted) const;
};

/// The first element in `text`, which may have messages around it; nothing when it is not whole.
std::optional<Element> parse_xml(std::string_view text);

/// For an attribute's value in double quotes.
std::string xml_escaped(std::string_view text);

}  // namespace o2member
