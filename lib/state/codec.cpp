#include "state/codec.hpp"

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <exception>
#include <istream>
#include <ostream>
#include <streambuf>
#include <type_traits>

#include "base/crc32c.hpp"

namespace nodeportd {

// What cereal finds by argument-dependent lookup, so that the model knows nothing of it. Members
// are taken apart and not named, so that one that is added and not encoded here does not compile.
// A change here changes the format: raise kFormat and teach archive_whole() the old one.
// NOLINTBEGIN(misc-use-internal-linkage): that lookup does not see an unnamed namespace

template <class Archive>
void serialize(Archive& archive, RiskObject& object) {
  auto& [field, type, value, score] = object;
  archive(field, type, value, score);
}

template <class Archive>
void serialize(Archive& archive, EventRef& event) {
  auto& [audit_id, time, stage, source, offset] = event;
  archive(audit_id, time, stage, source, offset);
}

template <class Archive>
void serialize(Archive& archive, Alert& alert) {
  auto& [id, epoch, revision, phase, rule_id, rule_name, level, tags, cluster, node, window_start,
         window_end, first_time, last_time, count, group, values, user, src_ip, message, has_risk,
         confidence, impact, score, risk_objects, threat_objects, story, mitre_attack_ids,
         exposures, events, facts, closed_early, undurable, replayed, test] = alert;
  archive(id, epoch, revision, phase, rule_id, rule_name, level, tags, cluster, node, window_start,
          window_end, first_time, last_time, count, group, values, user, src_ip, message, has_risk,
          confidence, impact, score, risk_objects, threat_objects, story, mitre_attack_ids, events,
          facts, closed_early, undurable, test);
}

template <class Archive>
void serialize(Archive& archive, Window& window) {
  auto& [alert, seen, delivered_count, closed] = window;
  archive(alert, seen, delivered_count, closed);
}

template <class Archive>
void serialize(Archive& archive, NodePort& node_port) {
  auto& [number, name, port, target_port, protocol] = node_port;
  archive(number, name, port, target_port, protocol);
}

template <class Archive>
void serialize(Archive& archive, Doors& doors) {
  auto& [node_ports, external_ips, health_check_node_port] = doors;
  archive(node_ports, external_ips, health_check_node_port);
}

template <class Archive>
void serialize(Archive& archive, Exposure& exposure) {
  auto& [audit_id, change, outcome, type, doors, via, inspectable, inspectable_reason, ns, name,
         uid, user, actor, origin_ip, before, opened, audit_id_reused, unlisted] = exposure;
  archive(audit_id, change, outcome, type, doors, via, inspectable, inspectable_reason, ns, name,
          uid, user, actor, origin_ip, before, opened, audit_id_reused);
}

template <class Archive, typename What>
void serialize(Archive& archive, Opened<What>& opened) {
  auto& [what, since, by] = opened;
  archive(what, since, by);
}

template <class Archive>
void serialize(Archive& archive, KnownService& service) {
  auto& [cluster, ns, name, uid, type, node_ports, external_ips, health_check_node_port, updated] =
      service;
  archive(cluster, ns, name, uid, type, node_ports, external_ips, health_check_node_port, updated);
}

template <class Archive>
void serialize(Archive& archive, FileMark& mark) {
  auto& [stream, path, device, inode, head_size, head, offset, tail_size, tail, turn, seen,
         finished] = mark;
  archive(stream, path, device, inode, head_size, head, offset, tail_size, tail, turn, seen,
          finished);
}

template <class Archive>
void serialize(Archive& archive, AuditIdUse& use) {
  auto& [sequence, key, content, time] = use;
  archive(sequence, key, content, time);
}

template <class Archive>
void serialize(Archive& archive, AuditIdRun& run) {
  archive(run.uses);
}

// NOLINTEND(misc-use-internal-linkage)
namespace {

// 2: an alert's exposures. 3: whether it is replayed. 4: what its exposures do not list.
constexpr char kFormat = 4;
constexpr std::size_t kHeaderSize = 1 + sizeof(std::uint32_t);
constexpr std::size_t kUsualSize = 4096;  // room for most values

// A stream that appends to a string.
class AppendBuffer : public std::streambuf {
 public:
  explicit AppendBuffer(std::string& bytes) : bytes_(bytes) {}

 private:
  std::streamsize xsputn(const char* begin, std::streamsize size) override {
    bytes_.append(begin, static_cast<std::size_t>(size));
    return size;
  }
  int_type overflow(int_type byte) override {
    bytes_.push_back(static_cast<char>(byte));
    return byte;
  }
  std::string& bytes_;
};

// A stream over bytes that are there already.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());  // NOLINT: streambuf reads through char*
    setg(begin, begin, begin + bytes.size());
  }
};

template <class Archive, typename AnyAlert>
void archive_unlisted(Archive& archive, AnyAlert& alert) {
  for (auto& exposure : alert.exposures) archive(exposure.unlisted);
}

// What a format added stands behind all of the formats before it, so that those are a beginning.
template <class Archive, typename Value>
void archive_whole(Archive& archive, Value& value, char format) {
  archive(value);
  if (format < 2) return;
  if constexpr (std::is_same_v<std::remove_const_t<Value>, Alert>) archive(value.exposures);
  if constexpr (std::is_same_v<std::remove_const_t<Value>, Window>) archive(value.alert.exposures);
  if (format < 3) return;
  if constexpr (std::is_same_v<std::remove_const_t<Value>, Alert>) archive(value.replayed);
  if constexpr (std::is_same_v<std::remove_const_t<Value>, Window>) archive(value.alert.replayed);
  if (format < 4) return;
  if constexpr (std::is_same_v<std::remove_const_t<Value>, Alert>) archive_unlisted(archive, value);
  if constexpr (std::is_same_v<std::remove_const_t<Value>, Window>) {
    archive_unlisted(archive, value.alert);
  }
}

std::string checksum(std::string_view key, std::string_view value) {
  std::uint32_t crc = crc32c(value, crc32c(std::string_view("\0", 1), crc32c(key)));
  std::string bytes;
  for (std::size_t i = 0; i < sizeof crc; ++i, crc >>= 8U) {
    bytes.push_back(static_cast<char>(crc & 0xFFU));
  }
  return bytes;
}

template <typename Value>
std::string encode_value(std::string_view key, const Value& value) {
  std::string bytes(kHeaderSize, kFormat);
  bytes.reserve(kUsualSize);
  AppendBuffer buffer(bytes);
  std::ostream stream(&buffer);
  cereal::PortableBinaryOutputArchive archive(stream);
  archive_whole(archive, value, kFormat);
  bytes.replace(1, kHeaderSize - 1, checksum(key, std::string_view(bytes).substr(kHeaderSize)));
  return bytes;
}

}  // namespace

std::string encode(std::string_view key, const Alert& alert) {
  return encode_value(key, alert);
}

std::string encode(std::string_view key, const Window& window) {
  return encode_value(key, window);
}

std::string encode(std::string_view key, const FileMark& mark) {
  return encode_value(key, mark);
}

std::string encode(std::string_view key, const KnownService& service) {
  return encode_value(key, service);
}

std::string encode(std::string_view key, const AuditIdRun& run) {
  return encode_value(key, run);
}

template <typename Value>
Result<Value> decode(std::string_view key, std::string_view bytes) {
  if (bytes.size() < kHeaderSize) return fail(ErrorKind::malformed, "too short");
  const char format = bytes.front();
  if (format < 1 || format > kFormat) return fail(ErrorKind::malformed, "of an unknown format");
  const std::string_view body = bytes.substr(kHeaderSize);
  if (bytes.substr(1, kHeaderSize - 1) != checksum(key, body)) {
    return fail(ErrorKind::malformed, "its checksum is wrong");
  }
  try {
    ViewBuffer buffer(body);
    std::istream stream(&buffer);
    cereal::PortableBinaryInputArchive archive(stream);
    Value value;
    archive_whole(archive, value, format);
    // The format is not under the sum: a wrong one leaves something.
    if (buffer.in_avail() > 0) return fail(ErrorKind::malformed, "longer than its format");
    return value;
  } catch (const std::exception& error) {
    return fail(ErrorKind::malformed, error.what());
  }
}

template Result<Alert> decode<Alert>(std::string_view, std::string_view);
template Result<Window> decode<Window>(std::string_view, std::string_view);
template Result<FileMark> decode<FileMark>(std::string_view, std::string_view);
template Result<KnownService> decode<KnownService>(std::string_view, std::string_view);
template Result<AuditIdRun> decode<AuditIdRun>(std::string_view, std::string_view);

}  // namespace nodeportd
