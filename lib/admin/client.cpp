#include "admin/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

namespace nodeportd {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

Result<DaemonAnswer> exchange(const std::string& socket, http::verb verb, const std::string& path,
                              std::chrono::seconds patience) {
  using Local = asio::local::stream_protocol;
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(ErrorKind::config, socket + ": the path of a socket is at most 107 bytes long");
  }
  asio::io_context io;
  beast::basic_stream<Local> stream(io);
  beast::error_code error;
  stream.socket().connect(Local::endpoint(socket), error);
  if (error == asio::error::access_denied) {
    return fail(ErrorKind::io, socket + ": only root and the daemon's user may ask here");
  }
  if (error) {
    return fail(ErrorKind::closed, socket + ": no nodeportd answers here: " + error.message());
  }
  stream.expires_after(patience);
  http::request<http::empty_body> request(verb, path, 11);
  request.set(http::field::host, "localhost");
  http::response<http::string_body> response;
  beast::flat_buffer buffer;
  // Only asynchronous calls know a time limit.
  http::async_write(stream, request, [&](beast::error_code write_error, std::size_t) {
    error = write_error;
    if (error) return;
    http::async_read(stream, buffer, response,
                     [&](beast::error_code read_error, std::size_t) { error = read_error; });
  });
  io.run();
  if (error) return fail(ErrorKind::remote, socket + ": " + error.message());
  return DaemonAnswer{response.result_int(), response.body()};
}

}  // namespace

Result<std::string> ask_daemon(const std::string& socket, const std::string& path) {
  Result<DaemonAnswer> answer = probe_daemon(socket, path);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) {
    return fail(ErrorKind::remote, socket + ": HTTP " + std::to_string(answer->status));
  }
  return std::move(answer->body);
}

Result<DaemonAnswer> probe_daemon(const std::string& socket, const std::string& path) {
  return exchange(socket, http::verb::get, path, std::chrono::seconds(5));
}

Result<DaemonAnswer> order_daemon(const std::string& socket, const std::string& path) {
  return exchange(socket, http::verb::post, path, std::chrono::seconds(60));
}

}  // namespace nodeportd
