#include <unistd.h>

#include <utility>

#include "source/batch_stock.hpp"
#include "source/file_reader.hpp"
#include "source/source.hpp"

namespace nodeportd {
namespace {

Result<FileReader> open_complete(const std::string& path) {
  if (path == "-") {
    Fd input(::dup(STDIN_FILENO));
    if (!input.is_open()) return fail_errno(errno, "standard input");
    return FileReader(LogFile::of_pipe(std::move(input), "standard input"), path);
  }
  Result<LogFile> file = LogFile::open(path, LogFile::Form::detect);
  if (!file) return fail(file.error());
  return FileReader(std::move(*file), path);
}

// All of one file, in batches of stream `index`; the last says that there is no more.
Result<void> read_file(FileReader& reader, std::uint32_t index, const ReadOptions& options,
                       BatchStock& stock, ReadCounters& counters,
                       const std::function<void(std::uint64_t)>& progress) {
  ReadLimits limits{.batch_bytes = options.batch_bytes,
                    .max_line = options.max_line,
                    .wide = nullptr,
                    .last_line = ReadLimits::LastLine::is_record};
  for (;;) {
    Batch* batch = stock.take();
    limits.wide = stock.wide();
    const Result<Reach> reach = reader.fill(*batch, limits, counters);
    if (reach && *reach == Reach::wants_room) {
      stock.put_back(batch);
      stock.wait_to_grow();
      continue;
    }
    const bool is_end = reach && *reach == Reach::end;
    if (!reach || *reach == Reach::changed || (batch->records.empty() && !is_end)) {
      stock.put_back(batch);
      if (!reach) return fail(reach.error());
      if (*reach == Reach::changed) {
        return fail(ErrorKind::io, reader.path() + ": changed while it was read");
      }
      continue;
    }
    batch->stream = index;
    batch->end = {};
    batch->end.stream = reader.path();
    reader.sign(batch->end);
    batch->at_end = is_end;
    stock.hand_on(batch);
    progress(counters.bytes.get());
    if (is_end) return {};
  }
}

}  // namespace

Result<void> read_files(const std::vector<std::string>& files, const ReadOptions& options,
                        BatchSupply& supply, const std::function<void(std::uint64_t)>& progress) {
  BatchStock stock(supply, options.batch_bytes);
  ReadCounters counters;
  std::uint32_t index = 0;
  for (const std::string& path : files) {
    Result<FileReader> reader = open_complete(path);
    if (!reader) return fail(reader.error());
    const Result<void> done = read_file(*reader, index++, options, stock, counters, progress);
    if (!done) return done;
  }
  return {};
}

}  // namespace nodeportd
