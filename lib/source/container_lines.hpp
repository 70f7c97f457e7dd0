#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/batch.hpp"

namespace nodeportd {

// A line of a container's log: what the container wrote, or a piece of it. An apiserver writes
// audit events to its standard output alone (`--audit-log-path=-`); klog is on the other stream.
struct ContainerLine {
  enum class Form : std::uint8_t { cri, docker } form = Form::cri;
  enum class Stream : std::uint8_t { out, err } stream = Stream::out;
  std::string_view payload;  // in the line; Docker's with its JSON escapes
  bool is_last = false;      // the payload ends a line of the container's
};

// `2019-04-30T02:12:41.8443515Z stdout F payload`, as containerd and CRI-O write it. Of the tags,
// which colons separate, the first is `F`, or `P` where more of the same line follows.
[[nodiscard]] std::optional<ContainerLine> parse_cri_line(std::string_view line);

// `{"log":"payload\n","stream":"stdout","time":"..."}` as Docker's json-file driver writes it, in
// any order of the keys; a payload without `\n` at its end has more to follow.
[[nodiscard]] std::optional<ContainerLine> parse_docker_line(std::string_view line);

[[nodiscard]] std::optional<ContainerLine> parse_container_line(std::string_view line,
                                                                ContainerLine::Form form);

// Whether the payload is the start of an audit event as the apiserver encodes one.
[[nodiscard]] bool begins_event(const ContainerLine& line);

// How much of a line of CloudWatch's export to S3, `2023-01-01T00:00:00.000Z {...}`, stands before
// the event; 0 if it is no such line.
[[nodiscard]] std::size_t export_prefix(std::string_view line);

// Takes the records out of the lines that carry them, in place: `bytes` is what they view. Pieces
// of CRI are joined to what was written, pieces of Docker to one object as Docker would have
// written it. A whole object of Docker's is left to the decoder, an oversize record to the reader
// of alerts. Records that turn out empty are dropped.
void unwrap_containers(std::span<char> bytes, std::vector<Record>& records);

}  // namespace nodeportd
