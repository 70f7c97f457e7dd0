#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/digest.hpp"

namespace nodeportd {

// Which file it is, and how far it was read. A path is never an identity: rotation renames, a
// file system reuses inode numbers at once, and gzip makes a new file of old content. So it is
// device + inode + a hash of the first bytes + a hash of the bytes before the offset.
struct FileMark {
  std::string stream;  // the followed path that this file belongs to or belonged to
  std::string path;    // where it was last seen: for humans and for the order of rotated names
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t head_size = 0;  // bytes that `head` covers: at most 1024, fewer in a short file
  Digest head{};
  std::uint64_t offset = 0;     // of the first byte that is not handed on yet; uncompressed
  std::uint32_t tail_size = 0;  // bytes before `offset` that `tail` covers: at most 256
  Digest tail{};
  std::uint64_t turn = 0;  // among the files of its stream: they are read in rising order
  // When the stream's path last led to the file that was being read: a file that bears a later
  // time in its rotated name holds lines from after that.
  WallTime seen{};
  bool finished = false;  // read to its end for good: the state forgets it
};

}  // namespace nodeportd
