// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/pacemaker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <pugixml.hpp>
#include <sstream>

#include "base/error.h"
#include "cluster/node_name.h"

namespace o2lab {

namespace {

using stack_config::into;

constexpr Duration kCommand = Corosync::kCommand;
/// Who asks more often slows down what is waited for.
constexpr Duration kLook = 3s;

void read_resource(const pugi::xml_node& resource, PacemakerView& view) {
  if (std::string_view(resource.attribute("role").value()) != "Started") return;
  for (const pugi::xml_node& node : resource.children("node"))
    view.started[resource.attribute("id").value()].insert(node_number(node.attribute("name").value()));
}

}  // namespace

PacemakerView parse_crm_mon(const std::string& xml) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_string(xml.c_str());
  const pugi::xml_node root = document.child("pacemaker-result");
  if (!parsed || !root)
    fail(ErrorKind::infra, "crm_mon says something else than XML: {}", xml.substr(0, 300));
  PacemakerView view;
  const pugi::xml_node dc = root.child("summary").child("current_dc");
  view.dc = dc.attribute("name").value();
  view.quorate = dc.attribute("with_quorum").as_bool();
  for (const pugi::xml_node& node : root.child("nodes").children("node"))
    view.nodes[node_number(node.attribute("name").value())] = {
        node.attribute("online").as_bool(), node.attribute("standby").as_bool(),
        node.attribute("unclean").as_bool(), node.attribute("pending").as_bool()};
  for (const pugi::xpath_node& found : root.select_nodes("resources//resource"))
    read_resource(found.node(), view);
  for (const pugi::xml_node& failure : root.child("failures").children("failure"))
    view.failures.push_back(
        fmt::format("{} {}: {} {}", failure.attribute("node").value(), failure.attribute("op_key").value(),
                    failure.attribute("exitstatus").value(), failure.attribute("exitreason").value()));
  return view;
}

Pacemaker::Pacemaker(Cluster& cluster, WaitHub& hub, std::string fencing)
    : cluster_(cluster), hub_(hub), corosync_(cluster, hub), fencing_(std::move(fencing)) {}

void Pacemaker::start(const std::vector<Node*>& nodes) {
  // Its own directories are for the user that most of it runs as; the image's belong to root.
  const std::string script =
      "set -e\n"
      "mkdir -p /var/log/pacemaker\n"
      "for d in cib pengine cores blackbox; do mkdir -p /var/lib/pacemaker/$d; done\n" +
      into("/var/lib/pacemaker/cib/cib.xml", stack_config::cib(fencing_)) +
      "chmod 0600 /var/lib/pacemaker/cib/cib.xml\n"
      "chown -R hacluster:haclient /var/lib/pacemaker /var/log/pacemaker\n";
  on_each(nodes, [&](Node& node) { node.sh(script, kCommand); });
  // Together first: whom Pacemaker does not see at its start it fences.
  corosync_.start(nodes);
  on_each(nodes, [](Node& node) {
    node.sh("PCMK_logfile=/var/log/pacemaker/pacemaker.log setsid pacemakerd </dev/null >/dev/null 2>&1 &");
  });
}

void Pacemaker::stop(Node& node) {
  node.sh("pid=$(pidof pacemakerd) && kill $pid");
  hub_.wait(
      fmt::format("Pacemaker on {} to end", node.name()), Deadline::in(300s),
      [&] {
        const std::string left = node.run("pidof pacemakerd").out;
        return Seen{left.empty(), "pacemakerd runs"};
      },
      500ms, WaitHub::Ask::polled);
  corosync_.stop(node);
}

void Pacemaker::add_resource(const std::string& xml) {
  any().sh(
      into("/run/resource.xml", xml) + "cibadmin --create --scope resources --xml-file /run/resource.xml",
      kCommand);
}

void Pacemaker::set_property(const std::string& name, const std::string& value) {
  any().sh(fmt::format("crm_attribute --name {} --update {}", name, value), kCommand);
}

void Pacemaker::standby(Node& node, bool on) {
  any().sh(fmt::format("crm_attribute --node {} --name standby --lifetime reboot --update {}", node.name(),
                       on ? "on" : "off"),
           kCommand);
}

void Pacemaker::forgive(Node& node, const std::string& resource) {
  any().sh(fmt::format("crm_resource --cleanup --resource {} --node {}", resource, node.name()), kCommand);
}

PacemakerView Pacemaker::view() {
  return parse_crm_mon(any().sh("crm_mon -1 --output-as=xml", kCommand));
}

void Pacemaker::wait_view(const std::string& what, Duration limit,
                          const std::function<Seen(const PacemakerView&)>& seen) {
  hub_.wait(
      what, Deadline::in(limit),
      [&] {
        // Before Pacemaker is up there is no answer.
        const CommandResult answer = any().run("crm_mon -1 --output-as=xml", kCommand);
        if (answer.out.find("<nodes>") == std::string::npos) return Seen{false, "Pacemaker does not answer"};
        const PacemakerView view = parse_crm_mon(answer.out);
        Seen now = seen(view);
        if (!view.failures.empty()) now.last += fmt::format("; failed: {}", fmt::join(view.failures, "; "));
        return now;
      },
      kLook, WaitHub::Ask::polled);
}

void Pacemaker::wait_online(const NodeSet& expected, Duration limit) {
  wait_view(fmt::format("Pacemaker on nodes {}", text_of(expected)), limit, [&](const PacemakerView& view) {
    NodeSet online;
    bool settled = !view.dc.empty() && view.quorate;
    for (const auto& [number, node] : view.nodes) {
      if (node.online && !node.pending) online.insert(number);
      settled = settled && !node.pending && !node.unclean;
    }
    return Seen{settled && online == expected,
                fmt::format("DC {}, online {}{}", view.dc.empty() ? "none" : view.dc, text_of(online),
                            settled ? "" : ", not settled")};
  });
  for (const int number : expected) connect_fencer(cluster_.node(number));
}

void Pacemaker::connect_fencer(Node& node) {
  int ended = 0;  // how often it had started when it was last ended
  hub_.wait(
      fmt::format("the fencer of {} to know the devices", node.name()), Deadline::in(kCommand),
      [&] {
        const std::string told = node.sh(
            "awk '/setup_cib.*Could not connect to the CIB manager/ { lost = 1 } "
            "/fencer successfully started/ { state = lost ? \"alone\" : \"connected\"; lost = 0; ++starts } "
            "END { print state, starts + 0 }' /var/log/pacemaker/pacemaker.log",
            kCommand);
        std::istringstream in(told);
        std::string state;
        int starts = 0;
        in >> state >> starts;
        if (state == "alone" && starts != ended) {
          node.sh("kill -9 $(pidof pacemaker-fenced)", kCommand);
          ended = starts;
        }
        return Seen{state == "connected", told};
      },
      kLook, WaitHub::Ask::polled);
}

void Pacemaker::wait_started(const std::string& resource, const NodeSet& expected, Duration limit) {
  wait_view(fmt::format("{} on nodes {}", resource, text_of(expected)), limit,
            [&](const PacemakerView& view) {
              const auto found = view.started.find(resource);
              const NodeSet now = found == view.started.end() ? NodeSet{} : found->second;
              return Seen{now == expected, fmt::format("it is started on {}", text_of(now))};
            });
}

void Pacemaker::keep_logs() {
  corosync_.keep_logs({"/var/log/pacemaker/pacemaker.log", "/var/log/corosync/corosync.log"});
}

}  // namespace o2lab
