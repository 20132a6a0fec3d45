// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/inputs.h"

#include <fmt/format.h>

namespace o2lab {

std::set<std::string> flavours_of(const SessionOptions& session, const CaseSpec& spec) {
  std::set<std::string> out{flavour_in(spec, session.flavour)};
  const Topology topology = find_topology(topology_in(spec, session.topology));
  for (const auto& [node, flavour] : kernels_in(spec, topology, session.flavour)) out.insert(flavour);
  return out;
}

RunInputs run_inputs(const SessionOptions& session, const std::vector<const RegisteredCase*>& cases) {
  RunInputs out;
  out.image = load_image(session.repository, "default").info.value("hash", "");
  // The run's own kernel first: without it there is no run.
  out.kernels[session.flavour] = load_kernel(session.repository, session.flavour).info.value("hash", "");
  for (const RegisteredCase* one : cases)
    for (const std::string& flavour : flavours_of(session, one->spec))
      if (out.kernels.count(flavour) == 0 && kernel_is_built(session.repository, flavour))
        out.kernels[flavour] = load_kernel(session.repository, flavour).info.value("hash", "");
  return out;
}

std::string differs(const RunInputs& was, const RunInputs& is) {
  for (const auto& [flavour, hash] : was.kernels) {
    const auto now = is.kernels.find(flavour);
    if (now == is.kernels.end()) return fmt::format("the {} kernel {} is not built here", flavour, hash);
    if (now->second != hash)
      return fmt::format("the {} kernel is another one: {}, was {}", flavour, now->second, hash);
  }
  for (const auto& [flavour, hash] : is.kernels)
    if (was.kernels.count(flavour) == 0) return fmt::format("the {} kernel was not built then", flavour);
  if (was.image != is.image) return fmt::format("the image is another one: {}, was {}", is.image, was.image);
  return {};
}

}  // namespace o2lab
