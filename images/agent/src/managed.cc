// SPDX-License-Identifier: GPL-2.0-or-later
#include "managed.h"

namespace o2member {

namespace {

// Of a resource's attribute sets the first that has the name wins.
std::string parameter(const Element& primitive, const std::string& name) {
  for (const Element& set : primitive.children) {
    if (set.name != "instance_attributes") continue;
    for (const Element& pair : set.children)
      if (pair.name == "nvpair" && pair.get("name") == name) return pair.get("value");
  }
  return {};
}

void collect(const Element& from, const std::string& outermost, bool cloned,
             std::vector<ManagedVolume>& into) {
  for (const Element& child : from.children) {
    const std::string id = outermost.empty() ? child.get("id") : outermost;
    if (child.name == "clone" || child.name == "group") {
      collect(child, id, cloned || child.name == "clone", into);
    } else if (child.name == "primitive" && child.get("provider") == "o2lab" &&
               child.get("type") == "o2member") {
      ManagedVolume volume{.id = id,
                           .primitive = child.get("id"),
                           .device = parameter(child, "device"),
                           .directory = parameter(child, "directory"),
                           .options = parameter(child, "options"),
                           .cloned = cloned};
      while (volume.directory.size() > 1 && volume.directory.back() == '/') volume.directory.pop_back();
      into.push_back(volume);
    }
  }
}

std::string constraint(const ManagedVolume& volume, const std::string& operation,
                       const std::string& expressions) {
  const std::string id = volume.constraint();
  return "<rsc_location id=\"" + id + "\" rsc=\"" + volume.id + "\"><rule id=\"" + id +
         "-rule\" score=\"-INFINITY\" boolean-op=\"" + operation + "\">" + expressions +
         "</rule></rsc_location>";
}

std::string expression(const ManagedVolume& volume, const std::string& operation, const std::string& rest) {
  return "<expression id=\"" + volume.constraint() + "-" + operation + "\" attribute=\"" + volume.wish() +
         "\" operation=\"" + operation + "\"" + rest + "/>";
}

}  // namespace

std::vector<ManagedVolume> managed_volumes(const Element& cib) {
  const Element& configuration = cib.child("configuration");
  std::vector<ManagedVolume> volumes;
  collect(configuration.child("resources"), "", false, volumes);
  const auto sets = configuration.child("resources").all("meta_attributes");
  for (ManagedVolume& volume : volumes) {
    for (const Element& constraint : configuration.child("constraints").children)
      volume.placed = volume.placed || constraint.get("id") == volume.constraint();
    for (const Element* set : sets)
      volume.held_back = volume.held_back || set->get("id") == volume.held_back_by();
  }
  return volumes;
}

std::optional<std::string> transient_attribute(const Element& cib, const std::string& node,
                                               const std::string& name) {
  for (const Element& state : cib.child("status").children) {
    if (state.get("uname") != node) continue;
    for (const Element* pair : state.child("transient_attributes").all("nvpair"))
      if (pair->get("name") == name) return pair->get("value");
  }
  return std::nullopt;
}

std::string only_where_asked(const ManagedVolume& volume) {
  return constraint(volume, "or",
                    expression(volume, "not_defined", "") + expression(volume, "ne", " value=\"mounted\""));
}

std::string not_where_unmounted(const ManagedVolume& volume) {
  return constraint(volume, "and", expression(volume, "eq", " value=\"unmounted\""));
}

}  // namespace o2member
