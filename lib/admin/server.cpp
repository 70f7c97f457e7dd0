#include "admin/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace nodeportd {
// What clients need of the server. Those that are being answered outlive it.
struct Desk {
  AdminServer::Answer answer;
  std::size_t clients = 0;
};

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

constexpr std::size_t kClientsMax = 16;
constexpr std::chrono::seconds kClientPatience{5};
// Out of descriptors a socket stays ready and every accept fails: not a reason to spin.
constexpr std::chrono::seconds kAcceptRest{1};

// One question and its answer. Keeps itself alive through the handlers that wait for the client.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Local::socket socket, std::shared_ptr<Desk> desk)
      : stream_(std::move(socket)), desk_(std::move(desk)) {
    ++desk_->clients;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { --desk_->clients; }

  void start() {
    stream_.expires_after(kClientPatience);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t /*size*/) {
                       if (!error) self->reply();
                     });
  }

 private:
  void reply() {
    std::optional<std::string> body;
    if (request_.method() == http::verb::get) {
      const auto target = request_.target();
      body = desk_->answer(std::string_view(target.data(), target.size()));
    }
    response_.version(request_.version());
    response_.result(body ? http::status::ok : http::status::not_found);
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(false);
    response_.body() = body.value_or("{\"error\":\"there is nothing here\"}\n");
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code, std::size_t) {});
  }

  Stream stream_;
  std::shared_ptr<Desk> desk_;
  beast::flat_buffer buffer_{8 * 1024};
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

struct AdminServer::Listener {
  Listener(asio::io_context& io, std::string path_of_socket, Answer answer_of_daemon)
      : acceptor(io),
        rest(io),
        path(std::move(path_of_socket)),
        desk(std::make_shared<Desk>(Desk{std::move(answer_of_daemon)})) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::unlink(path.c_str()); }

  void accept() {
    acceptor.async_accept([this](beast::error_code error, Local::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      if (desk->clients < kClientsMax) std::make_shared<Session>(std::move(socket), desk)->start();
      accept();
    });
  }

  void accept_later() {
    rest.expires_after(kAcceptRest);
    rest.async_wait([this](beast::error_code error) {
      if (!error) accept();
    });
  }

  Local::acceptor acceptor;
  asio::steady_timer rest;
  std::string path;
  std::shared_ptr<Desk> desk;
};

AdminServer::AdminServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::open(asio::io_context& io,
                                                       const std::string& socket, Answer answer) {
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(ErrorKind::config, socket + ": the path of a socket is at most 107 bytes long");
  }
  const Local::endpoint endpoint(socket);
  beast::error_code error;
  Local::socket probe(io);
  probe.connect(endpoint, error);
  if (!error) return fail(ErrorKind::closed, socket + ": another process listens on it");
  ::unlink(socket.c_str());

  auto listener = std::make_unique<Listener>(io, socket, std::move(answer));
  listener->acceptor.open(endpoint.protocol(), error);
  // The mode must hold from the first moment on: bind() applies the umask.
  const mode_t before = ::umask(0177);
  if (!error) listener->acceptor.bind(endpoint, error);
  ::umask(before);
  if (!error) listener->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorKind::io, socket + ": " + error.message());
  listener->accept();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(listener)));
}

}  // namespace nodeportd
