#include "daemon/run/reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "daemon/run/confined_paths.hpp"

namespace nodeportd {
namespace {

// A broken folder of rules has thousands of problems; the log has them all.
constexpr std::size_t kProblemsTold = 5;

class KeyComparison {
 public:
  template <typename Value>
  void compare(std::string key, const Value& was, const Value& is) {
    if (!(was == is)) keys_.push_back(std::move(key));
  }
  // The bindings name every field of a section, so that a new one does not compile until it is
  // decided here whether a reload takes it up.
  void compare(const PipelineConfig& was, const PipelineConfig& is) {
    const auto& [workers, batch_size, batches, memory_limit, reconcile, stop_timeout] = was;
    compare("pipeline.workers", workers, is.workers);
    compare("pipeline.batch_size", batch_size, is.batch_size);
    compare("pipeline.batches", batches, is.batches);
    compare("pipeline.memory_limit", memory_limit, is.memory_limit);
    compare("pipeline.reconcile", reconcile, is.reconcile);
    compare("pipeline.stop_timeout", stop_timeout, is.stop_timeout);
  }
  void compare(const AggregateConfig& was, const AggregateConfig& is) {
    const auto& [lateness, idle_after, update_every, max_keys, max_bytes] = was;
    compare("aggregate.lateness", lateness, is.lateness);
    compare("aggregate.idle_after", idle_after, is.idle_after);
    compare("aggregate.update_every", update_every, is.update_every);
    compare("aggregate.max_keys", max_keys, is.max_keys);
    compare("aggregate.max_bytes", max_bytes, is.max_bytes);
  }
  void compare(const StateConfig& was, const StateConfig& is) {
    const auto& [directory, durability, max_size, history] = was;
    compare("state.directory", directory, is.directory);
    compare("state.durability", durability, is.durability);
    compare("state.max_size", max_size, is.max_size);
    compare("state.history", history, is.history);
  }
  std::vector<std::string> take() { return std::move(keys_); }

 private:
  std::vector<std::string> keys_;
};

bool is_covered(const AllowedPath& wanted, const std::vector<AllowedPath>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const AllowedPath& each) {
    const bool is_enough = each.access == wanted.access ||
                           (each.access == FileAccess::write && wanted.access == FileAccess::read);
    return is_enough && (each.path == "/" || each.path == wanted.path ||
                         wanted.path.starts_with(each.path + '/'));
  });
}

}  // namespace

std::vector<std::string> keys_for_restart(const Config& running, const Config& next) {
  // Taken up by a reload: rules, exceptions, lookout, audit_policy, log.level and watch.
  const auto& [cluster, node, sources, rules, exceptions, watch, pipeline, aggregate, lookout,
               state, sinks, audit_policy, admin_socket, admin_address, admin_port, admin_grace,
               log_level, confine] = running;
  KeyComparison comparison;
  comparison.compare("cluster", cluster, next.cluster);
  comparison.compare("node", node, next.node);
  comparison.compare("sources", sources, next.sources);
  comparison.compare(pipeline, next.pipeline);
  comparison.compare(aggregate, next.aggregate);
  comparison.compare(state, next.state);
  comparison.compare("sinks", sinks, next.sinks);
  comparison.compare("admin.socket", admin_socket, next.admin_socket);
  comparison.compare("admin.listen", std::pair(admin_address, admin_port),
                     std::pair(next.admin_address, next.admin_port));
  comparison.compare("admin.grace", admin_grace, next.admin_grace);
  comparison.compare("confine", confine, next.confine);
  return comparison.take();
}

Reload load_again(const std::string& config_path, const Config& running,
                  const std::optional<std::vector<AllowedPath>>& allowed) {
  // Who reads a pipe waits for its writer, and with him the watchdog for us.
  Reload reload{load_setup(config_path, FileKinds::regular), {}};
  const Setup& next = reload.setup;
  // What could not be read is at its default, which is no change that anybody made.
  if (next.is_config_well) reload.restart = keys_for_restart(running, next.config);
  if (!allowed) return reload;
  // That a file is hidden from us may be all that is wrong.
  const ConfinedPaths wanted_paths = next.is_config_well
                                         ? confined_paths(next.config, config_path)
                                         : paths_of_rules(next.config.rules, config_path);
  for (const AllowedPath& wanted : there(wanted_paths)) {
    if (!is_covered(wanted, *allowed)) reload.restart.push_back(wanted.path);
  }
  return reload;
}

std::string to_json(const Reload& reload) {
  const Setup& setup = reload.setup;
  std::vector<std::string> problems;
  for (const Problem& problem : setup.problems) problems.push_back(to_text(problem));
  return json_object([&](JsonWriter& json) {
           write_member(json, "reloaded", problems.empty());
           write_member(json, "rules", std::uint64_t{setup.rules ? setup.rules->size() : 0});
           write_member(json, "exceptions",
                        std::uint64_t{setup.rules ? setup.rules->exceptions().size() : 0});
           write_member(json, "problems", problems);
           write_member(json, "restart_needed", reload.restart);
         }) +
         "\n";
}

Notice notice_of(const Reload& reload) {
  const Problems& problems = reload.setup.problems;
  const std::string restart = fmt::format("{}", fmt::join(reload.restart, ", "));
  Notice notice;
  if (problems.empty()) {
    notice = {"daemon.reloaded",
              "nodeportd uses " + counted(reload.setup.rules->size(), "rule") + " and " +
                  counted(reload.setup.rules->exceptions().size(), "exception") +
                  " as they are now",
              {{"rules", std::to_string(reload.setup.rules->size())},
               {"exceptions", std::to_string(reload.setup.rules->exceptions().size())}}};
  } else {
    notice = {"reload.refused",
              "the configuration is broken: nodeportd goes on with what it has. " +
                  counted(problems.size(), "problem") + ", the first: " + to_text(problems.front()),
              {{"problems", std::to_string(problems.size())}}};
    for (std::size_t i = 0; i < std::min(problems.size(), kProblemsTold); ++i) {
      notice.facts.emplace_back("problem", to_text(problems[i]));
    }
  }
  if (!restart.empty()) {
    notice.text += "; restart needed for " + restart;
    notice.facts.emplace_back("restart_needed", restart);
  }
  return notice;
}

}  // namespace nodeportd
