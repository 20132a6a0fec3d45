// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/failure_signature.h"
#include "judge/session.h"

namespace o2lab {

void Session::leave_bundle(const RegisteredCase& wanted, const fs::path& case_dir, size_t from, size_t to,
                           CaseResult& result) {
  const CaseSpec& spec = wanted.spec;
  try {
    const Topology topology = topology_for(spec);
    BundleSource source;
    source.run = &result_;
    source.result = &result;
    source.kernel = &kernel(flavour_in(spec, options_.flavour));
    for (const auto& [node, flavour] : result.kernels) source.kernels[node] = &kernel(flavour);
    source.images.push_back(&image("default"));
    if (topology.image != "default") source.images.push_back(&image(topology.image));
    source.repository = options_.repository;
    source.topology = topology.file;
    source.events = events_->since(from, [](const Event&) { return true; });
    source.events.resize(std::min(source.events.size(), to - from));
    source.case_dir = case_dir;
    source.repro = {{"case", wanted.full_name()},
                    {"kernel", source.kernel->flavour},
                    {"topology", topology.file.filename().native()},
                    {"seed", result.seed},
                    {"schedule", fs::exists(case_dir / "schedule.json") ? "case/schedule.json" : ""},
                    {"no_faults", options_.no_faults},
                    {"naive_disk", options_.naive_disk},
                    {"accel", name_of(accel_)},
                    {"failure", nlohmann::ordered_json(nlohmann::json(signature_of(result)))}};
    bundle_->leave(source, result);
  } catch (const std::exception& error) {
    fmt::print(stderr, "o2lab: {}: no bundle: {}\n", wanted.full_name(), error.what());
    bundle_->drop();
  }
}

}  // namespace o2lab
