#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "admin/client.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/table.hpp"
#include "daemon/verbs.hpp"
#include "sink/format.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kPage = 500;

std::string_view kind_of(const DeadLetter& letter) {
  return letter.kind == Settlement::End::dead ? "refused" : "expired";
}

// What `resend` asks for stands before the alert, which alone can be long.
std::string letter_json(const DeadLetter& letter) {
  return json_object([&](JsonWriter& json) {
    write_member(json, "number", static_cast<std::uint64_t>(letter.number));
    write_member(json, "sink", letter.sink);
    write_member(json, "time", letter.when);
    write_member(json, "kind", kind_of(letter));
    write_member(json, "why", letter.why);
    write_json(json, "alert", to_json(letter.alert));
  });
}

template <typename Visit>
Result<void> for_each_letter(Store& store, const Visit& visit) {
  for (std::int64_t after = 0;;) {
    const Result<std::vector<DeadLetter>> page = store.dead_letters(after, kPage);
    if (!page) return fail(page.error());
    if (page->empty()) return {};
    after = page->back().number;
    for (const DeadLetter& letter : *page) visit(letter);
  }
}

// A word that is no sink's name would read as: all is well there. A sink that the config names no
// more may have left letters.
Result<void> find_sink(Store& store, const Config& config, const std::string& name) {
  std::set<std::string> names;
  for (const SinkConfig& sink : config.sinks) names.insert(sink.name);
  if (name.empty() || names.contains(name)) return {};
  Result<void> read =
      for_each_letter(store, [&](const DeadLetter& letter) { names.insert(letter.sink); });
  if (!read || names.contains(name)) return read;
  const std::vector<std::string_view> known(names.begin(), names.end());
  return fail(ErrorKind::not_found, "no sink '" + name + "'" + did_you_mean(name, known));
}

int list(Store& store, const DeadlettersCommand& command) {
  Table table({"NUMBER", "SINK", "WHEN", "KIND", "WHY", "ALERT"});
  const Result<void> read = for_each_letter(store, [&](const DeadLetter& letter) {
    if (!command.sink.empty() && letter.sink != command.sink) return;
    if (command.format == OutputFormat::json) {
      fmt::print("{}\n", letter_json(letter));
      return;
    }
    table.add({std::to_string(letter.number), letter.sink, format_time(letter.when),
               std::string(kind_of(letter)), letter.why, to_line(letter.alert)});
  });
  if (!read) return complain(read.error());
  if (command.format == OutputFormat::json) return kExitWell;
  if (table.empty()) {
    fmt::print("no dead letters\n");
  } else {
    table.print(stdout);
  }
  return kExitWell;
}

int resend(Store& store, const DeadlettersCommand& command) {
  const std::optional<std::string> sink =
      command.sink.empty() ? std::nullopt : std::optional(command.sink);
  Resent done;
  if (command.numbers.empty()) {
    const Result<Resent> all = store.resend(sink, std::nullopt);
    if (!all) return complain(all.error());
    done = *all;
  }
  for (const std::int64_t number : command.numbers) {
    const Result<Resent> one = store.resend(sink, number);
    if (!one) return complain(one.error());
    if (one->queued + one->forgotten == 0) {
      fmt::print(stderr, "nodeportd: there is no dead letter {}{}\n", number,
                 sink ? " of the sink " + printable(*sink) : "");
    }
    done.queued += one->queued;
    done.forgotten += one->forgotten;
  }
  fmt::print("{} back in the outbox", done.queued);
  if (done.forgotten > 0) {
    fmt::print(", {} forgotten: the alert waits there already, as new or newer", done.forgotten);
  }
  fmt::print("\n");
  const bool is_done = done.queued + done.forgotten > 0 || command.numbers.empty();
  return is_done ? kExitWell : kExitFailed;
}

// A courier with nothing to do sleeps until the daemon has something for it, and does not see that
// another program wrote into its outbox.
void wake_couriers(const std::string& socket) {
  const Result<DaemonAnswer> answer = order_daemon(socket, "/deliver");
  if (!answer && answer.error().kind == ErrorKind::closed)
    return;  // the next start looks by itself
  if (answer && answer->status == 200) return;
  fmt::print(
      stderr, "nodeportd: {}: they go out with the next alert\n",
      printable(answer ? fmt::format("{}: HTTP {}", socket, answer->status) : answer.error().text));
}

}  // namespace

int deadletters(const DeadlettersCommand& command) {
  const LoadedConfig loaded = load_config(command.config);
  if (!loaded.problems.empty()) {
    print_problems(loaded.problems);
    return kExitConfig;
  }
  Result<std::unique_ptr<Store>> store = Store::open_beside(store_options(loaded.config));
  if (!store) return complain(store.error());
  const Result<void> found = find_sink(**store, loaded.config, command.sink);
  if (!found) return complain(found.error(), kExitUsage);
  if (command.action != DeadlettersCommand::Action::resend) return list(**store, command);
  const int code = resend(**store, command);
  wake_couriers(loaded.config.admin_socket);
  return code;
}

}  // namespace nodeportd
