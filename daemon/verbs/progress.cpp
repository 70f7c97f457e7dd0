#include "daemon/verbs/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/text.hpp"
#include "base/units.hpp"

namespace nodeportd {
namespace {

constexpr std::chrono::milliseconds kDrawEvery{100};
constexpr double kMegabyte = 1e6;

}  // namespace

Progress::Progress(const std::vector<std::string>& files, const Clock& clock)
    : clock_(clock),
      started_(clock.mono()),
      next_draw_(started_ + kDrawEvery),
      is_terminal_(::isatty(STDERR_FILENO) == 1) {
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    // Of a stream, or of packed bytes, the end is not known.
    if (error || file.ends_with(".gz")) {
      total_ = 0;
      return;
    }
    total_ += size;
  }
}

void Progress::show(std::uint64_t bytes) {
  if (!is_terminal_) return;
  const MonoTime now = clock_.mono();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawEvery;
  drawn_ = true;
  const std::string share =
      total_ > 0 ? fmt::format("{:3d} %  ", std::min<std::uint64_t>(bytes * 100 / total_, 100))
                 : "";
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = static_cast<double>(bytes) / seconds;
  std::string left;
  if (total_ > bytes && bytes > 0) {
    // Rounded up: what is not there yet never takes 0 s.
    const auto eta =
        std::chrono::seconds(std::llround(std::ceil(static_cast<double>(total_ - bytes) / rate)));
    left = ", " + format_duration(eta) + " left";
  }
  fmt::print(stderr, "\r{}{:.0f} MB, {:.0f} MB/s{}\x1b[K", share,
             static_cast<double>(bytes) / kMegabyte, rate / kMegabyte, left);
}

void Progress::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}

void Progress::summarize(std::uint64_t records, std::uint64_t bytes, std::uint64_t rows,
                         std::uint64_t uninspectable) const {
  const double seconds =
      std::max(std::chrono::duration<double>(clock_.mono() - started_).count(), 1e-6);
  fmt::print(stderr, "{}, {}, {} not inspected; {:.1f} MB in {:.2f} s\n", counted(records, "line"),
             counted(rows, "row"), counted(uninspectable, "line"),
             static_cast<double>(bytes) / kMegabyte, seconds);
}

}  // namespace nodeportd
