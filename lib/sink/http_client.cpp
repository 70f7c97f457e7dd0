#include "sink/http_client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <exception>
#include <optional>

#include "sink/timed_io.hpp"

namespace nodeportd {
namespace {

namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t kBufferMax = 64UL * 1024;
constexpr std::uint32_t kHeaderMax = 16 * 1024;
constexpr std::size_t kBodyKept = 4UL * 1024;
constexpr std::size_t kBodyMax = 256UL * 1024;  // more is not read to keep a connection
constexpr int kInterimRepliesMax = 8;

bool is_interim(const Parser& parser) {
  const unsigned status = parser.get().result_int();
  return status >= 100 && status < 200 && status != 101;  // 101 answers what we never ask
}

Request to_message(const HttpRequest& request, const HttpUrl& url) {
  Request message;
  message.version(11);
  message.method_string(request.method);
  message.target(url.target);
  message.set(http::field::host, url.authority);
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

}  // namespace

struct HttpClient::Connection {
  explicit Connection(HttpClientOptions client_options) : options(std::move(client_options)) {}

  Result<HttpReply> send(const HttpRequest& request) {
    io.allow(options.timeout);
    const Request message = to_message(request, options.url);
    bool kept = is_usable();
    for (;;) {
      if (!kept) {
        if (const Result<void> opened = open(); !opened) {
          close();
          return fail(opened.error());
        }
      }
      Attempt attempt = exchange(message);
      if (!attempt.keeps_connection) close();
      if (attempt.reply) return std::move(*attempt.reply);
      if (!kept || !attempt.was_stale) return fail(ErrorKind::remote, io.why(attempt.error));
      kept = false;
    }
  }

  const HttpClientOptions options;
  TimedIo io;

 private:
  struct Attempt {
    std::optional<HttpReply> reply;
    error_code error;
    bool was_stale = false;  // the connection ended before a byte of the reply
    bool keeps_connection = false;
  };

  // On a kept connection nothing may come before we ask: neither its end nor a word.
  bool is_usable() {
    char next = 0;
    return socket_.is_open() &&
           ::recv(socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           errno == EAGAIN;
  }

  Result<void> open() {
    close();
    if (options.url.scheme == HttpUrl::Scheme::https) {
      tls_.emplace(asio::ssl::context::tls_client);
      if (Result<void> ready = set_up_tls(tls_->native_handle(), options.tls); !ready) return ready;
    }
    if (const error_code error = io.connect<Tcp>(socket_, options.url.peer)) {
      return fail(ErrorKind::remote, "cannot connect: " + io.why(error));
    }
    return tls_ ? shake_hands() : Result<void>{};
  }

  Result<void> shake_hands() {
    secure_.emplace(socket_, *tls_);
    if (!expect_host(secure_->native_handle(), options.url.peer.host)) {
      return fail(ErrorKind::config, "TLS: not a host name");
    }
    const error_code error = await([&](auto handler) {
      secure_->async_handshake(asio::ssl::stream_base::client, std::move(handler));
    });
    if (!error) return {};
    const std::string fault = certificate_fault(secure_->native_handle());
    return fail(ErrorKind::remote, "TLS: " + (fault.empty() ? io.why(error) : fault));
  }

  void close() {
    secure_.reset();
    tls_.reset();
    TimedIo::close(socket_);
    buffer_.clear();
  }

  Attempt exchange(const Request& message) {
    return secure_ ? exchange_over(*secure_, message) : exchange_over(socket_, message);
  }

  template <typename Stream>
  Attempt exchange_over(Stream& stream, const Request& message) {
    Attempt attempt;
    attempt.error =
        await([&](auto handler) { http::async_write(stream, message, std::move(handler)); });
    // A server may answer and close before it has read all of a request: look for its reply.
    std::optional<Parser> parser;
    for (int i = 0; i < kInterimRepliesMax && (!parser || is_interim(*parser)); ++i) {
      parser.emplace();
      parser->header_limit(kHeaderMax);
      parser->body_limit(boost::none);
      const error_code error = await([&](auto handler) {
        http::async_read_header(stream, buffer_, *parser, std::move(handler));
      });
      if (!error) continue;
      attempt.error = error;  // tells more than a failed write, such as TLS's last word
      attempt.was_stale = i == 0 && !parser->got_some() && attempt.error != asio::error::timed_out;
      return attempt;
    }
    attempt.reply.emplace();
    attempt.reply->status = static_cast<int>(parser->get().result_int());
    attempt.reply->retry_after = std::string(parser->get()[http::field::retry_after]);
    attempt.keeps_connection = read_body(stream, *parser, attempt.reply->body) && !attempt.error &&
                               parser->get().keep_alive() && buffer_.size() == 0;
    return attempt;
  }

  // Whether the body came to its end.
  template <typename Stream>
  bool read_body(Stream& stream, Parser& parser, std::string& kept) {
    std::size_t size = 0;
    while (!parser.is_done()) {
      std::array<char, 4096> piece{};
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      const error_code error = await([&](auto handler) {
        http::async_read_some(stream, buffer_, parser, std::move(handler));
      });
      const std::size_t got = piece.size() - parser.get().body().size;
      kept.append(piece.data(), std::min(got, kBodyKept - kept.size()));
      size += got;
      if ((error && error != http::error::need_buffer) || size > kBodyMax) return false;
    }
    return true;
  }

  template <typename Start>
  error_code await(Start start) {
    return io.await(std::move(start), [&] { TimedIo::close(socket_); });
  }

  Tcp::socket socket_{io.context()};
  std::optional<asio::ssl::context> tls_;
  std::optional<asio::ssl::stream<Tcp::socket&>> secure_;
  boost::beast::flat_buffer buffer_{kBufferMax};
};

HttpClient::HttpClient(HttpClientOptions options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}
HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::send(const HttpRequest& request) {
  try {
    return connection_->send(request);
  } catch (const std::exception& error) {
    return fail(ErrorKind::remote, error.what());
  }
}

void HttpClient::stop() {
  connection_->io.stop();
}

}  // namespace nodeportd
