#include "daemon/verbs/exposed_report.hpp"

#include <fmt/format.h>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "daemon/table.hpp"

namespace nodeportd {
namespace {

template <typename What>
void write_origin(JsonWriter& json, const Opened<What>& opened) {
  write_member(json, "since", format_time(opened.since));
  write_member(json, "by", opened.by);
}

void write_open_port(JsonWriter& json, const Opened<NodePort>& opened) {
  write_member(json, "number", opened.what.number);
  write_member(json, "name", opened.what.name);
  write_member(json, "port", opened.what.port);
  write_member(json, "target_port", opened.what.target_port);
  write_member(json, "protocol", opened.what.protocol);
  write_origin(json, opened);
}

void write_open_address(JsonWriter& json, const Opened<std::string>& opened) {
  write_member(json, "ip", opened.what);
  write_origin(json, opened);
}

void write_health_check(JsonWriter& json, const KnownService& service) {
  write_key(json, "health_check_node_port");
  if (!service.health_check_node_port) {
    json.Null();
    return;
  }
  json.StartObject();
  write_member(json, "number", std::optional(service.health_check_node_port->what));
  write_origin(json, *service.health_check_node_port);
  json.EndObject();
}

std::string to_json(const KnownService& service) {
  return json_object([&](JsonWriter& json) {
    write_member(json, "cluster", service.cluster);
    write_member(json, "namespace", service.ns);
    write_member(json, "name", service.name);
    write_member(json, "uid", service.uid);
    write_member(json, "type", service.type);
    write_list(json, "node_ports", service.node_ports, write_open_port);
    write_list(json, "external_ips", service.external_ips, write_open_address);
    write_health_check(json, service);
  });
}

// `node port 32600/TCP -> http 80`
std::string describe(const NodePort& port) {
  std::string text = "node port " + (port.number ? std::to_string(*port.number) : "(not logged)");
  if (!port.protocol.empty()) text += '/' + port.protocol;
  if (port.name.empty() && !port.port) return text;
  text += " ->";
  if (!port.name.empty()) text += ' ' + port.name;
  if (port.port) text += ' ' + std::to_string(*port.port);
  return text;
}

void add_rows(Table& table, const KnownService& service) {
  const auto add = [&](const std::string& what, const auto& opened) {
    table.add({service.ns, service.name, service.type.value_or("-"), what,
               format_time(opened.since), opened.by});
  };
  for (const auto& opened : service.node_ports) add(describe(opened.what), opened);
  for (const auto& opened : service.external_ips) add("external IP " + opened.what, opened);
  if (const auto& opened = service.health_check_node_port) {
    add("health check node port " + std::to_string(opened->what), *opened);
  }
}

struct OpenServices {
  std::vector<KnownService> services;
  std::size_t damaged = 0;
};

// All of them, before anything is printed: a pager must not hold the state open.
Result<OpenServices> open_services(Store& store, const std::string& ns) {
  OpenServices open;
  const Result<std::size_t> damaged = store.for_each_service([&](const KnownService& service) {
    if (service.is_open() && (ns.empty() || service.ns == ns)) open.services.push_back(service);
  });
  if (!damaged) return fail(damaged.error());
  open.damaged = *damaged;
  return open;
}

void print_notes(const OpenServices& open, const ServiceHistory& history,
                 const ExposedCommand& command, std::FILE* notes) {
  if (open.services.empty()) {
    fmt::print(notes, "nodeportd: nothing is known to be open{}\n",
               command.ns.empty() ? "" : " in namespace " + printable(command.ns));
  }
  if (history.since) {
    fmt::print(notes,
               "nodeportd: known from the audit log since {}; what happened before, or was logged "
               "without bodies, is not in it\n",
               format_time(*history.since));
  } else if (open.services.empty()) {
    fmt::print(notes, "nodeportd: no write of a Service was read yet\n");
  } else {
    fmt::print(notes, "nodeportd: some of what the audit log told was lost with a damaged state\n");
  }
  if (history.given_up > 0) {
    fmt::print(notes, "nodeportd: {} gave way at the bound of the state and may be missing\n",
               counted(history.given_up, "Service"));
  }
  if (open.damaged > 0) {
    fmt::print(notes, "nodeportd: the records of {} are damaged and were passed over\n",
               counted(open.damaged, "Service"));
  }
}

}  // namespace

Result<void> print_exposed(Store& store, const ExposedCommand& command, std::FILE* to,
                           std::FILE* notes) {
  const Result<OpenServices> open = open_services(store, command.ns);
  if (!open) return fail(open.error());
  const Result<ServiceHistory> history = store.service_history();
  if (!history) return fail(history.error());
  Table table({"NAMESPACE", "SERVICE", "TYPE", "WHAT", "SINCE", "BY"});
  for (const KnownService& service : open->services) {
    if (command.format == OutputFormat::json) {
      fmt::print(to, "{}\n", to_json(service));
    } else {
      add_rows(table, service);
    }
  }
  if (!table.empty()) table.print(to);
  print_notes(*open, *history, command, notes);
  return {};
}

}  // namespace nodeportd
