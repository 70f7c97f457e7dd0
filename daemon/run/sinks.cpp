#include "daemon/run/sinks.hpp"

#include <utility>
#include <variant>

#include "sink/file_sink.hpp"
#include "sink/syslog_sink.hpp"
#include "sink/webhook_sink.hpp"

namespace nodeportd {
namespace {

FileSinkOptions::Fsync fsync_of(FileSinkConfig::Fsync fsync) {
  switch (fsync) {
    case FileSinkConfig::Fsync::each:
      return FileSinkOptions::Fsync::each;
    case FileSinkConfig::Fsync::interval:
      return FileSinkOptions::Fsync::interval;
    case FileSinkConfig::Fsync::never:
      break;
  }
  return FileSinkOptions::Fsync::never;
}

SyslogSinkOptions::Transport transport_of(SyslogSinkConfig::Transport transport) {
  switch (transport) {
    case SyslogSinkConfig::Transport::udp:
      return SyslogSinkOptions::Transport::udp;
    case SyslogSinkConfig::Transport::tcp:
      return SyslogSinkOptions::Transport::tcp;
    case SyslogSinkConfig::Transport::local:
      break;
  }
  return SyslogSinkOptions::Transport::local;
}

// One way to make a sink per type of target.
struct Maker {
  const std::string& node;
  const Clock& clock;

  Result<std::unique_ptr<Sink>> operator()(const FileSinkConfig& config) const {
    FileSinkOptions options;
    options.path = config.path;
    options.mode = config.mode;
    options.rotate_size = config.rotate_size;
    options.rotate_keep = config.rotate_keep;
    options.fsync = fsync_of(config.fsync);
    options.fsync_interval = config.fsync_interval;
    return std::make_unique<FileSink>(std::move(options));
  }

  Result<std::unique_ptr<Sink>> operator()(const SyslogSinkConfig& config) const {
    SyslogSinkOptions options;
    options.transport = transport_of(config.transport);
    options.path = config.path;
    options.peer = {config.host, config.port};
    options.form = config.format == SyslogSinkConfig::Format::rfc3164 ? SyslogForm::rfc3164
                                                                      : SyslogForm::rfc5424;
    options.facility = config.facility;
    options.hostname = node;
    options.size_max = config.max_size;
    options.timeout = config.timeout;
    return std::make_unique<SyslogSink>(std::move(options));
  }

  Result<std::unique_ptr<Sink>> operator()(const WebhookSinkConfig& config) const {
    Result<HttpUrl> url = parse_http_url(config.url);
    if (!url) return fail(url.error().kind, "its URL " + url.error().text);
    WebhookSinkOptions options;
    options.url = std::move(*url);
    options.headers = config.headers;
    options.header_files = config.headers_file;
    options.bearer_token_file = config.bearer_token_file;
    options.batch_size = config.batch_size;
    options.timeout = config.timeout;
    options.tls = {config.ca_file, config.cert_file, config.key_file};
    return std::make_unique<WebhookSink>(std::move(options), clock);
  }
};

}  // namespace

Result<std::unique_ptr<Sink>> make_sink(const Config& config, const SinkConfig& sink,
                                        const Clock& clock) {
  Result<std::unique_ptr<Sink>> made = std::visit(Maker{config.node, clock}, sink.target);
  if (!made) return fail(made.error().kind, "sink " + sink.name + ": " + made.error().text);
  return made;
}

std::chrono::milliseconds attempt_max(const SinkConfig& sink) {
  // For a machine that has much to do otherwise.
  constexpr std::chrono::minutes kMargin(1);
  // A batch that is refused is tried again alert by alert.
  if (const auto* webhook = std::get_if<WebhookSinkConfig>(&sink.target)) {
    return webhook->timeout * (webhook->batch_size + 1) + kMargin;
  }
  const auto* syslog = std::get_if<SyslogSinkConfig>(&sink.target);
  return (syslog != nullptr ? syslog->timeout : std::chrono::milliseconds(0)) + kMargin;
}

}  // namespace nodeportd
