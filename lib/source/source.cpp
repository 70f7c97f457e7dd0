#include "source/source.hpp"

#include <fnmatch.h>
#include <glob.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>
#include <iterator>
#include <utility>

#include "source/batch_stock.hpp"
#include "source/rotated_names.hpp"
#include "source/watches.hpp"

namespace nodeportd {
namespace {

// After this many batches the kernel is heard and `stop` looked at again.
constexpr int kBatchesPerStep = 64;
// A log that a pattern found, and of which no file is left, is missed for this long: that of a pod
// that was replaced is written by nobody.
constexpr std::chrono::hours kMissedFor{1};

bool is_pattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

}  // namespace

struct Source::Followed {
  Followed(const std::string& path, std::uint32_t number, const SourceOptions::Input& input,
           StreamCounters& counters)
      : stream(path, number, counters), index(number), found_by(input) {}

  Stream stream;
  std::uint32_t index;
  const SourceOptions::Input& found_by;
  std::optional<MonoTime> gone_since;  // without a file, where its pattern finds other logs
  bool has_news = true;                // something is to be read or looked at
  bool was_served = true;              // since its status was published
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

Source::Source(SourceOptions options, std::vector<FileMark> resume, BatchSupply& supply,
               Waker& waker, const Clock& clock)
    : options_(std::move(options)),
      resume_(std::move(resume)),
      waker_(waker),
      clock_(clock),
      stock_(std::make_unique<BatchStock>(supply, options_.batch_bytes)),
      watches_(std::make_unique<Watches>()),
      opened_(clock.wall()),
      next_reconcile_(clock.mono() + options_.reconcile) {}

Source::~Source() = default;

Result<std::unique_ptr<Source>> Source::open(SourceOptions options, std::vector<FileMark> resume,
                                             BatchSupply& supply, Waker& waker,
                                             const Clock& clock) {
  std::unique_ptr<Source> source(
      new Source(std::move(options), std::move(resume), supply, waker, clock));
  if (auto found = source->find_streams(source->now()); !found) return fail(found.error());
  source->started_ = true;
  source->publish_status(clock.mono());
  return source;
}

Result<std::vector<std::string>> Source::expand(const std::string& pattern) const {
  if (!is_pattern(pattern)) return std::vector<std::string>{pattern};
  glob_t found{};
  const int failed = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (failed != 0 && failed != GLOB_NOMATCH) return fail(ErrorKind::io, "glob: " + pattern);

  // A rotated file is read as part of its log, also while that has no file of its own name.
  for (std::string& path : paths) {
    const std::filesystem::path whole(path);
    if (const auto rotated = parse_rotated_name(whole.filename().string())) {
      path = (whole.parent_path() / rotated->base).string();
    }
  }
  const auto is_no_log = [&](const std::string& path) {
    return path.ends_with(".gz") || ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) != 0;
  };
  std::erase_if(paths, is_no_log);
  if (paths.empty()) {
    // Not even a rotated file: the folder is not mounted yet, perhaps.
    for (const FileMark& mark : resume_) paths.push_back(mark.stream);
    std::erase_if(paths, is_no_log);
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

Result<void> Source::find_streams(const Moment& now) {
  for (const SourceOptions::Input& input : options_.inputs) {
    Result<std::vector<std::string>> paths = expand(input.audit_log);
    if (!paths) return fail(paths.error());
    for (const std::string& path : *paths) {
      const bool is_known = std::any_of(followed_.begin(), followed_.end(), [&](const auto& each) {
        return each.second->stream.path() == path;
      });
      if (!is_known) add_stream(path, input, now);
    }
    if (started_) let_go_of_gone(input, *paths, now);
  }
  return {};
}

// Its position is kept: should it come back, it is read on from there.
void Source::let_go_of_gone(const SourceOptions::Input& input,
                            const std::vector<std::string>& there, const Moment& now) {
  for (auto at = followed_.begin(); at != followed_.end();) {
    Followed& followed = *at->second;
    const bool is_there = std::binary_search(there.begin(), there.end(), followed.stream.path());
    if (&followed.found_by != &input || is_there || there.empty()) {
      if (&followed.found_by == &input) followed.gone_since.reset();
      ++at;
      continue;
    }
    followed.gone_since = followed.gone_since.value_or(now.mono);
    if (now.mono - *followed.gone_since < kMissedFor || !followed.stream.is_read_out()) {
      ++at;
      continue;
    }
    std::vector<FileMark> marks = followed.stream.marks();
    std::move(marks.begin(), marks.end(), std::back_inserter(resume_));
    (void)watches_->update(followed.index, {});
    at = followed_.erase(at);
  }
}

void Source::add_stream(const std::string& path, const SourceOptions::Input& input,
                        const Moment& now) {
  const std::uint32_t index = streams_found_++;
  Followed& followed =
      *followed_.emplace(index, std::make_unique<Followed>(path, index, input, counters_.streams))
           .first->second;
  Stream& stream = followed.stream;
  const auto first = std::stable_partition(
      resume_.begin(), resume_.end(), [&](const FileMark& mark) { return mark.stream != path; });
  std::vector<FileMark> marks(first, resume_.end());
  resume_.erase(first, resume_.end());

  StartPoint point{.kind = StartPoint::Kind::since, .since = opened_};
  if (!started_ && input.start == SourceOptions::Input::Start::back) {
    point.since = opened_ - input.back;
  } else if (!started_) {
    point.kind = input.start == SourceOptions::Input::Start::end ? StartPoint::Kind::end
                                                                 : StartPoint::Kind::beginning;
  }
  if (marks.empty()) {
    stream.start(point, input.max_line, now);
  } else {
    stream.resume(std::move(marks), now);
  }
  renew_watches(followed);
}

bool Source::renew_watches(Followed& followed) {
  const std::optional<Stream::Watched> wanted = followed.stream.take_watched();
  if (!wanted) return false;
  const Watches::Update update = watches_->update(followed.index, *wanted);
  if (update.error) {
    counters_.unwatched.add();
    if (!std::exchange(told_unwatched_, true)) {
      followed.stream.tell(
          {"source.unwatched",
           "the kernel refuses to watch (fs.inotify limits?); logs are looked at every " +
               std::to_string(options_.reconcile.count()) + " ms instead",
           {{"source", followed.stream.path()}, {"error", update.error->text}}});
    }
  }
  if (update.has_new) followed.stream.note_names();
  return update.has_new;
}

void Source::hear_kernel() {
  for (const Watches::News& news : watches_->read_news()) {
    if (news.event.kind == KernelEvent::Kind::overflow) {
      counters_.overflows.add();
      for (const auto& [index, followed] : followed_) {
        followed->stream.note_names();
        followed->has_news = true;
      }
      continue;
    }
    for (const auto& [index, folder] : news.listeners) {
      Followed& followed = *followed_.at(static_cast<std::uint32_t>(index));
      switch (news.event.kind) {
        case KernelEvent::Kind::grown:
          followed.stream.note_growth();
          break;
        case KernelEvent::Kind::released:
          followed.stream.watch_anew();
          followed.stream.note_names();
          break;
        default:
          if (!news.event.name.empty() && !followed.stream.concerns(news.event.name)) continue;
          followed.stream.note_name(folder + '/' + news.event.name,
                                    news.event.kind == KernelEvent::Kind::removed
                                        ? Stream::Event::removed
                                        : Stream::Event::named);
          break;
      }
      followed.has_news = true;
    }
  }
}

void Source::reconcile(const Moment& now) {
  counters_.reconciles.add();
  next_reconcile_ = now.mono + options_.reconcile;
  // A pattern that was good at start fails later only for want of memory: the next look is soon.
  (void)find_streams(now);
  for (const auto& [index, followed] : followed_) {
    followed->stream.note_names();
    followed->stream.watch_anew();
    followed->has_news = true;
  }
}

bool Source::step() {
  const Moment now = this->now();
  hear_kernel();
  if (now.mono >= next_reconcile_) reconcile(now);
  if (now.mono >= stock_->kept_until().value_or(MonoTime::max())) stock_->let_go();
  starved_ = false;
  const std::uint64_t before = stock_->handed_on();
  bool is_busy = true;
  while (is_busy && !starved_ && stock_->handed_on() - before < kBatchesPerStep) {
    is_busy = false;
    for (const auto& [index, followed] : followed_) {
      if (!followed->has_news) continue;
      const Served served = serve(*followed, now);
      is_busy |= served == Served::busy;
      starved_ |= served == Served::starved;
    }
  }
  counters_.batches.add(stock_->handed_on() - before);
  publish_status(now.mono);
  return stock_->handed_on() != before || (is_busy && !starved_);
}

Source::Served Source::serve(Followed& followed, const Moment& now) {
  followed.was_served = true;
  Batch* batch = stock_->try_take();
  if (batch == nullptr) return Served::starved;
  const ReadLimits limits{.batch_bytes = options_.batch_bytes,
                          .max_line = followed.found_by.max_line,
                          .wide = stock_->wide()};
  const ReadCounters& read = counters_.streams.read;
  const std::uint64_t records = read.records.get();
  const std::uint64_t bytes = read.bytes.get();
  const Stream::Filled filled = followed.stream.fill(*batch, limits, now);
  followed.records += read.records.get() - records;
  followed.bytes += read.bytes.get() - bytes;
  switch (filled) {
    case Stream::Filled::batch:
      stock_->hand_on(batch);
      if (followed.stream.is_read_out()) return rest(followed);
      // Not only when all is read: what goes from a new folder meanwhile is to be heard of.
      renew_watches(followed);
      return Served::busy;
    case Stream::Filled::working:
      stock_->put_back(batch);
      return Served::busy;
    case Stream::Filled::wants_room:
      stock_->put_back(batch);
      stock_->look_for_grown();
      return stock_->may_grow() ? Served::busy : Served::starved;
    case Stream::Filled::nothing:
      break;
  }
  stock_->put_back(batch);
  return rest(followed);
}

Source::Served Source::rest(Followed& followed) {
  // What was written before the watch stood is in no event: read once more.
  followed.has_news = renew_watches(followed);
  return followed.has_news ? Served::busy : Served::idle;
}

void Source::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { waker_.wake(); });
  while (!stop.stop_requested()) {
    pulse_.answer();
    if (!step()) sleep(stop);
  }
}

void Source::sleep(const std::stop_token& stop) {
  waker_.prepare();
  pulse_.answer();
  bool has_batch = false;
  if (starved_) {
    if (!stock_->may_grow()) {
      stock_->look_for_grown();
      has_batch = stock_->may_grow();
    } else if (Batch* batch = stock_->try_take()) {
      stock_->put_back(batch);
      has_batch = true;
    }
  }
  if (has_batch || stop.stop_requested()) {
    waker_.cancel();
    return;
  }
  const MonoTime next = std::min(next_reconcile_, stock_->kept_until().value_or(MonoTime::max()));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_.mono()).count();
  std::array<pollfd, 2> waiting{pollfd{.fd = waker_.fd(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = watches_->fd(), .events = POLLIN, .revents = 0}};
  // A starved source cannot act on events: they can wait in the kernel.
  (void)::poll(waiting.data(), starved_ ? 1 : 2,
               static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
  waker_.cancel();
  waker_.drain();
}

void Source::publish_status(MonoTime now) {
  std::size_t files_open = 0;
  for (const auto& [index, followed] : followed_) files_open += followed->stream.files_open();
  counters_.files_open.set(files_open);
  const std::lock_guard lock(mutex_);
  std::erase_if(status_, [&](const auto& each) { return !followed_.contains(each.first); });
  for (const auto& [index, followed] : followed_) {
    StreamStatus& status = status_[index];
    const std::optional<MonoTime> behind_since = status.behind_since.value_or(now);
    if (std::exchange(followed->was_served, false)) {
      const bool has_come = followed->records != status.records;
      const std::optional<WallTime> last_read = has_come ? clock_.wall() : status.last_read;
      status = followed->stream.status();
      status.last_read = last_read;
      status.records = followed->records;
      status.bytes = followed->bytes;
    }
    // Also while there is no batch to read it into.
    status.behind_since = followed->has_news ? behind_since : std::nullopt;
  }
}

std::vector<StreamStatus> Source::status() const {
  std::vector<StreamStatus> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [index, status] : status_) all.push_back(status);
  return all;
}

}  // namespace nodeportd
