#include "source/tape.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace nodeportd {
namespace {

constexpr std::size_t kInputSize = 64UL * 1024;
constexpr std::uint64_t kOutputMax = 64ULL << 30U;
// A rotated audit log of some 100 MB never gets here, however repetitive it is.
constexpr std::uint64_t kRatioFrom = 1ULL << 30U;
constexpr std::uint64_t kRatioMax = 200;

}  // namespace

struct Tape::Inflater {
  z_stream zip{};
  bool between_members = true;

  Inflater() {
    // 15 bits of window; 16 more: a gzip header. Fails when memory is out.
    if (::inflateInit2(&zip, 15 + 16) != Z_OK) std::abort();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&zip); }
};

Tape::Tape(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
Tape::Tape(Tape&&) noexcept = default;
Tape& Tape::operator=(Tape&&) noexcept = default;
Tape::~Tape() = default;

Result<void> Tape::refill() {
  if (input_at_ > 0) input_.erase(input_.begin(), input_.begin() + static_cast<long>(input_at_));
  input_at_ = 0;
  const std::size_t have = input_.size();
  input_.resize(have + kInputSize);
  ssize_t got = -1;
  do {
    got = ::read(fd_.get(), input_.data() + have, kInputSize);
  } while (got < 0 && errno == EINTR);
  input_.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return fail_errno(errno, name_);
  input_ended_ = got == 0;
  input_total_ += static_cast<std::size_t>(got);
  return {};
}

Result<void> Tape::detect() {
  while (input_.size() < 2 && !input_ended_) {
    if (auto filled = refill(); !filled) return filled;
  }
  detected_ = true;
  if (input_.size() >= 2 && input_[0] == '\x1f' && input_[1] == '\x8b') {
    inflater_ = std::make_unique<Inflater>();
  }
  return {};
}

Result<std::size_t> Tape::read_raw(std::span<char> bytes) {
  if (input_at_ == input_.size() && !input_ended_) {
    if (auto filled = refill(); !filled) return fail(filled.error());
  }
  const std::size_t size = std::min(bytes.size(), input_.size() - input_at_);
  std::copy_n(input_.data() + input_at_, size, bytes.data());
  input_at_ += size;
  return size;
}

Result<std::size_t> Tape::inflate_some(std::span<char> bytes) {
  z_stream& zip = inflater_->zip;
  zip.next_out = reinterpret_cast<Bytef*>(bytes.data());
  zip.avail_out = static_cast<uInt>(bytes.size());
  while (zip.avail_out == bytes.size()) {
    if (input_at_ == input_.size() && !input_ended_) {
      if (auto filled = refill(); !filled) return fail(filled.error());
    }
    if (input_at_ == input_.size()) {
      if (inflater_->between_members) return std::size_t{0};
      return fail(ErrorKind::malformed, name_ + ": the gzip file ends too early");
    }
    inflater_->between_members = false;
    zip.next_in = reinterpret_cast<Bytef*>(input_.data() + input_at_);
    zip.avail_in = static_cast<uInt>(input_.size() - input_at_);
    const int state = ::inflate(&zip, Z_NO_FLUSH);
    input_at_ = input_.size() - zip.avail_in;
    if (state == Z_STREAM_END) {
      inflater_->between_members = true;
      ::inflateReset(&zip);
    } else if (state != Z_OK) {
      return fail(ErrorKind::malformed, name_ + ": not a sound gzip file");
    }
  }
  return bytes.size() - zip.avail_out;
}

Result<std::size_t> Tape::read(std::span<char> bytes) {
  if (!detected_) {
    if (auto found = detect(); !found) return fail(found.error());
  }
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto rest = bytes.subspan(done);
    Result<std::size_t> got = inflater_ ? inflate_some(rest) : read_raw(rest);
    // What came before the damage is good; the next call meets the damage alone.
    if (!got && done > 0) return done;
    if (!got) return got;
    ended_ = *got == 0;
    if (ended_) break;
    done += *got;
    const std::uint64_t total = position_ + done;
    if (inflater_ &&
        (total > kOutputMax || (total > kRatioFrom && total / kRatioMax > input_total_))) {
      return fail(ErrorKind::malformed, name_ + ": unpacks to more than is sensible");
    }
  }
  return done;
}

Result<void> Tape::rewind() {
  if (::lseek(fd_.get(), 0, SEEK_SET) != 0) return fail_errno(errno, name_ + ": cannot go back");
  detected_ = false;
  input_ended_ = false;
  ended_ = false;
  inflater_.reset();
  input_.clear();
  input_at_ = 0;
  input_total_ = 0;
  position_ = 0;
  recent_.clear();
  return {};
}

Result<void> Tape::skip_to(std::uint64_t offset) {
  std::vector<char> skipped(kInputSize);
  while (position_ < offset) {
    const std::size_t size = std::min<std::uint64_t>(skipped.size(), offset - position_);
    Result<std::size_t> got = read({skipped.data(), size});
    if (!got) return fail(got.error());
    if (*got == 0) return {};
    position_ += *got;
    recent_.clear();
  }
  return {};
}

Result<std::size_t> Tape::read_at(std::uint64_t offset, std::span<char> bytes) {
  if (offset + recent_.size() < position_) {
    if (auto done = rewind(); !done) return fail(done.error());
  }
  if (auto done = skip_to(offset); !done) return fail(done.error());
  if (position_ < offset) return std::size_t{0};
  const std::size_t again = position_ - offset;
  const std::size_t known = std::min(again, bytes.size());
  std::copy_n(recent_.end() - static_cast<std::ptrdiff_t>(again), known, bytes.begin());
  if (known == bytes.size()) return known;
  Result<std::size_t> got = read(bytes.subspan(known));
  if (!got) {
    if (known > 0) return known;
    return got;
  }
  position_ += *got;
  recent_.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(known + *got));
  return known + *got;
}

}  // namespace nodeportd
