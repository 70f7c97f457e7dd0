#include "state/checkpointer.hpp"

#include <utility>

namespace nodeportd {
namespace {

constexpr int kPagesMax = 4 * Checkpointer::kPages;
// The daemon's own transactions take milliseconds.
constexpr std::chrono::seconds kPatience(2);

}  // namespace

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(Database& writer,
                                                          const std::string& path) {
  Result<Database> database = Database::open(path, Database::Access::existing);
  if (!database) return fail(database.error());
  database->set_patience(kPatience);
  // It reads no page through its cache.
  if (auto ready = database->execute("PRAGMA synchronous = NORMAL; PRAGMA cache_size = 8;");
      !ready) {
    return fail(ready.error());
  }
  return std::unique_ptr<Checkpointer>(new Checkpointer(writer, std::move(*database)));
}

Checkpointer::Checkpointer(Database& writer, Database database)
    : writer_(writer), database_(std::move(database)) {
  writer_.on_commit([this](int pages) { return is_overdue(pages); });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Checkpointer::~Checkpointer() {
  writer_.on_commit(nullptr);
}

bool Checkpointer::is_overdue(int pages) {
  if (pages < kPages) return false;
  {
    const std::lock_guard lock(mutex_);
    is_asked_ = true;
  }
  asked_changed_.notify_one();
  return pages >= kPagesMax;
}

void Checkpointer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (asked_changed_.wait(lock, stop, [this] { return is_asked_; })) {
    is_asked_ = false;
    lock.unlock();
    move_pages();
    lock.lock();
  }
}

void Checkpointer::move_pages() {
  bool is_all = false;
  auto moved = database_.each("PRAGMA wal_checkpoint(PASSIVE)", [&](const Row& row) {
    is_all = row.integer(0) == 0 && row.integer(1) == row.integer(2);
  });
  // The next write begins the log anew, and its header with an fsync: better ours than an alert's.
  if (moved && is_all) (void)database_.run("UPDATE meta SET value = value WHERE name = 'epoch'");
}

}  // namespace nodeportd
