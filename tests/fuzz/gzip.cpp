// Packed logs: what a tape gives is what zlib makes of the file, however its bytes arrive and
// whatever is asked for; damage is told and never handed on as content.
#include <fcntl.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <sys/socket.h>
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "fuzz/hold.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/records.hpp"
#include "source/tape.hpp"

namespace nodeportd::fuzz {
namespace {

constexpr std::uint64_t kMaxLine = 4096;
constexpr int kGzip = 15 + 16;  // a window of 2^15 bytes; 16 more: a gzip header

struct Unpacked {
  std::string bytes;
  bool is_sound = true;
};

std::string packed(std::string_view text, int level) {
  z_stream zip{};
  hold(::deflateInit2(&zip, level, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib packs");
  std::string bytes(::deflateBound(&zip, text.size()), '\0');
  std::string input(text);
  zip.next_in = reinterpret_cast<Bytef*>(input.data());
  zip.avail_in = static_cast<uInt>(input.size());
  zip.next_out = reinterpret_cast<Bytef*>(bytes.data());
  zip.avail_out = static_cast<uInt>(bytes.size());
  hold(::deflate(&zip, Z_FINISH) == Z_STREAM_END, "zlib packs all");
  bytes.resize(zip.total_out);
  ::deflateEnd(&zip);
  return bytes;
}

// Takes one member off the front of `file`; false if it is not sound.
bool unpack_member(std::string& file, std::string& bytes) {
  z_stream zip{};
  hold(::inflateInit2(&zip, kGzip) == Z_OK, "zlib unpacks");
  zip.next_in = reinterpret_cast<Bytef*>(file.data());
  zip.avail_in = static_cast<uInt>(file.size());
  int state = Z_OK;
  while (state == Z_OK) {
    std::string block(64UL * 1024, '\0');
    zip.next_out = reinterpret_cast<Bytef*>(block.data());
    zip.avail_out = static_cast<uInt>(block.size());
    state = ::inflate(&zip, Z_NO_FLUSH);
    bytes.append(block, 0, block.size() - zip.avail_out);
  }
  file.erase(0, file.size() - zip.avail_in);
  ::inflateEnd(&zip);
  return state == Z_STREAM_END;
}

Unpacked unpack(std::string file) {
  Unpacked unpacked;
  if (!file.starts_with("\x1f\x8b")) return {std::move(file)};
  while (!file.empty() && unpacked.is_sound) {
    unpacked.is_sound = unpack_member(file, unpacked.bytes);
  }
  return unpacked;
}

// A pipe that brings its bytes in pieces.
Tape tape_of(std::string_view file, std::size_t piece) {
  int ends[2] = {-1, -1};
  hold(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "there are sockets");
  Fd out(ends[0]);
  Fd in(ends[1]);
  while (!file.empty()) {
    const std::string_view part = file.substr(0, piece);
    const auto sent = static_cast<std::size_t>(::send(out.get(), part.data(), part.size(), 0));
    hold(sent == part.size(), "a socket takes a piece");
    file.remove_prefix(sent);
  }
  return {std::move(in), "tape"};
}

// Each block twice: the one read last can be had again.
Unpacked read_pieces(Tape tape, std::size_t block) {
  Unpacked read;
  std::string bytes(block, '\0');
  std::string again(block, '\0');
  for (;;) {
    const auto got = tape.read_at(read.bytes.size(), bytes);
    if (!got) {
      hold(got.error().kind == ErrorKind::malformed, "what is wrong is the file");
      read.is_sound = false;
      return read;
    }
    if (*got == 0) return read;
    const auto repeated = tape.read_at(read.bytes.size(), again);
    hold(repeated && *repeated >= *got, "the last block can be read again");
    hold(again.compare(0, *got, bytes, 0, *got) == 0, "a block read again is the same");
    read.bytes.append(bytes, 0, *got);
  }
}

void check_rewind(const MemoryFile& file, const Unpacked& expected, std::size_t place) {
  auto fd = open_file(file.path(), O_RDONLY);
  hold(fd.has_value(), "a file can be opened");
  Tape tape(std::move(*fd), "tape");
  std::string bytes(300, '\0');
  for (const std::size_t at : {expected.bytes.size(), place, std::size_t{0}}) {
    const auto got = tape.read_at(at, bytes);
    if (!got) continue;
    hold(*got == 0 || expected.bytes.compare(at, *got, bytes, 0, *got) == 0,
         "what is read at a place is what stands there");
  }
}

void check_records(const MemoryFile& file, const Unpacked& expected, std::size_t block) {
  FileReader reader = reader_of(file, LogFile::Form::detect);
  Read read;
  const ReadLimits limits{.batch_bytes = block,
                          .max_line = kMaxLine,
                          .wide = nullptr,
                          .last_line = LastLine::is_record};
  hold(read_on(reader, limits, read) == expected.is_sound, "a sound file is read, and no other");
  const Read whole = read_whole(expected.bytes, kMaxLine);
  if (expected.is_sound) {
    hold(read.records == whole.records, "a packed log holds the records of the plain one");
  } else {
    hold(read.records.size() <= whole.records.size(), "damage makes no record");
  }
}

// What befell a rotated log.
struct Damage {
  enum class Kind : std::uint8_t { none, lost_end, changed_byte, kMaxValue = changed_byte };
  Kind kind;
  std::uint16_t place;
  char byte;
};

std::string damaged(std::string file, const Damage& damage) {
  const std::size_t place = damage.place % file.size();
  if (damage.kind == Damage::Kind::lost_end) file.resize(place);
  if (damage.kind == Damage::Kind::changed_byte) file[place] = damage.byte;
  return file;
}

std::string log_of_members(FuzzedDataProvider& input) {
  std::string file;
  const int level = input.ConsumeIntegralInRange(0, 9);
  const int members = input.ConsumeIntegralInRange(0, 3);
  for (int i = 0; i < members; ++i) file += packed(input.ConsumeRandomLengthString(), level);
  return file + packed(input.ConsumeRemainingBytesAsString(), level);
}

void run(FuzzedDataProvider input) {
  const auto piece = input.ConsumeIntegralInRange<std::size_t>(64, 2000);
  const auto block = input.ConsumeIntegralInRange<std::size_t>(32, 5000);
  const auto place = input.ConsumeIntegral<std::uint16_t>();
  const Damage damage{input.ConsumeEnum<Damage::Kind>(), input.ConsumeIntegral<std::uint16_t>(),
                      input.ConsumeIntegral<char>()};
  const bool is_ready_made = input.ConsumeBool();
  const std::string file = is_ready_made ? input.ConsumeRemainingBytesAsString()
                                         : damaged(log_of_members(input), damage);
  const Unpacked expected = unpack(file);
  const Unpacked got = read_pieces(tape_of(file, piece), block);
  hold(got.is_sound == expected.is_sound, "damage is told, and nothing else is");
  hold(expected.bytes.starts_with(got.bytes), "what is unpacked is what was packed");
  hold(!got.is_sound || got.bytes == expected.bytes, "all that was packed is unpacked");

  const MemoryFile on_disk(file);
  check_rewind(on_disk, expected, place % (expected.bytes.size() + 1));
  check_records(on_disk, expected, block);
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({bytes, size});
  return 0;
}
