#include "admin/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace nodeportd {
namespace {
class Session;
}

// What clients need of the server. Those that are being answered outlive it.
struct Desk {
  AdminServer::Answer answer;
  AdminServer::Answer order;  // empty: there are none
  bool checks_host = true;
  std::list<Session*> clients = {};  // in the order in which they came

  void make_room();
};

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;
// Whatever the listener's kind, clients are the same.
using Socket = asio::generic::stream_protocol::socket;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;
using Stream = beast::basic_stream<asio::generic::stream_protocol>;

constexpr std::size_t kClientsMax = 16;
constexpr std::chrono::seconds kQuestionPatience{2};
constexpr std::chrono::seconds kAnswerPatience{5};
// Of what comes behind a question, before the client is cut off.
constexpr std::size_t kHeardOutMax = 1U << 20U;
// Out of descriptors a socket stays ready and every accept fails: not a reason to spin.
constexpr std::chrono::seconds kAcceptRest{1};

// `Host` as a browser writes it that was sent here by somebody who knows where we are. A website
// whose own name suddenly leads to this machine (DNS rebinding) says that name, and could read
// whatever is answered. What says nothing is no browser.
bool is_of_this_machine(std::string_view host) {
  if (host.empty()) return true;
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos &&
                        (host.front() != '[' || host[colon - 1] == ']');
  if (has_port) host = host.substr(0, colon);
  if (beast::iequals(host, "localhost")) return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  beast::error_code error;
  (void)asio::ip::make_address(std::string(host), error);
  return !error;
}

const boost::system::error_category& fault_category() {
  return beast::error_code(http::error::end_of_stream).category();
}

// To what is no question that we read; nullopt: nobody waits for an answer. No question of ours has
// a body.
std::optional<AdminAnswer> answer_to_fault(beast::error_code error) {
  if (error == http::error::end_of_stream || error.category() != fault_category()) {
    return std::nullopt;
  }
  if (error == http::error::buffer_overflow || error == http::error::header_limit) {
    return AdminAnswer{.status = 431, .body = "{\"error\":\"the headers are too large\"}\n"};
  }
  if (error == http::error::body_limit || error == http::error::unexpected_body) {
    return AdminAnswer{.status = 413, .body = "{\"error\":\"no body is taken\"}\n"};
  }
  return AdminAnswer{.status = 400, .body = "{\"error\":\"this is no HTTP request\"}\n"};
}

// One question and its answer. Keeps itself alive through the handlers that wait for the client.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, std::shared_ptr<Desk> desk)
      : stream_(std::move(socket)), desk_(std::move(desk)) {
    place_ = desk_->clients.insert(desk_->clients.end(), this);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { leave(); }

  void start() {
    stream_.expires_after(kQuestionPatience);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t /*size*/) {
                       if (self->place_) self->reply(error);
                     });
  }

  [[nodiscard]] bool has_asked() const { return has_asked_; }

  // For another client.
  void give_way() {
    leave();
    stream_.close();
  }

 private:
  void leave() {
    if (place_) desk_->clients.erase(*place_);
    place_.reset();
  }

  void reply(beast::error_code error) {
    const std::optional<AdminAnswer> fault = answer_to_fault(error);
    if (error && !fault) return;
    has_asked_ = true;
    is_unheard_ = fault.has_value();
    send(fault ? *fault : answer_to_question());
  }

  AdminAnswer answer_to_question() {
    AdminAnswer answer{
        .status = 405, .body = "{\"error\":\"only GET\"}\n", .headers = {{"Allow", "GET"}}};
    const auto host = request_[http::field::host];
    const auto target = request_.target();
    const std::string_view path(target.data(), target.size());
    // A browser names the page that makes it send an order: no page of ours does.
    const bool is_order = request_.method() == http::verb::post && desk_->order &&
                          request_[http::field::origin].empty();
    if (desk_->checks_host && !is_of_this_machine({host.data(), host.size()})) {
      answer = {.status = 403, .body = "{\"error\":\"ask for localhost or an IP address\"}\n"};
    } else if (request_.method() == http::verb::get) {
      answer = desk_->answer(path);
    } else if (is_order) {
      answer = desk_->order(path);
    }
    return answer;
  }

  void send(AdminAnswer answer) {
    // An order takes its time, which is not the client's.
    stream_.expires_after(kAnswerPatience);
    response_.version(request_.version());
    response_.result(answer.status);
    response_.set(http::field::content_type, answer.content_type);
    // What was true a moment ago is of no use, and an answer is what its type says.
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) response_.set(name, value);
    response_.keep_alive(false);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error && self->is_unheard_) self->hear_out();
                      });
  }

  // The kernel takes an answer back from a client that still has something to say when we close.
  void hear_out() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    hear_rest(kHeardOutMax);
  }

  void hear_rest(std::size_t most) {
    stream_.async_read_some(asio::buffer(rest_), [self = shared_from_this(), most](
                                                     beast::error_code error, std::size_t size) {
      if (!error && size < most) self->hear_rest(most - size);
    });
  }

  Stream stream_;
  std::shared_ptr<Desk> desk_;
  std::optional<std::list<Session*>::iterator> place_;  // none: it gave way
  bool has_asked_ = false;
  bool is_unheard_ = false;  // there may be more of what it says
  beast::flat_buffer buffer_{8 * 1024};
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
  std::array<char, 4096> rest_{};
};

// Removes the socket that a dead daemon left at `path`, and nothing else: whatever an operator
// names by mistake must survive it. connect(2) gives ECONNREFUSED for a file too, so that is no
// proof.
Result<void> make_way(asio::io_context& io, const std::string& path) {
  struct stat there{};
  if (::lstat(path.c_str(), &there) != 0) return {};  // what else is wrong bind(2) will say
  if (!S_ISSOCK(there.st_mode)) {
    return fail(ErrorKind::config, path + " is there and is no socket");
  }
  beast::error_code error;
  Local::socket probe(io);
  probe.connect(Local::endpoint(path), error);
  if (!error) return fail(ErrorKind::closed, path + ": another process listens on it");
  if (error == beast::errc::wrong_protocol_type) {
    return fail(ErrorKind::config, path + " is there and is a socket of another kind");
  }
  if (error == beast::errc::connection_refused) ::unlink(path.c_str());
  return {};
}

}  // namespace

// Whoever comes last may be the probe that decides whether we live: who has been silent longest
// goes, else who takes longest to read.
void Desk::make_room() {
  if (clients.size() < kClientsMax) return;
  const auto silent = std::find_if(clients.begin(), clients.end(),
                                   [](const Session* client) { return !client->has_asked(); });
  (silent == clients.end() ? clients.front() : *silent)->give_way();
}

struct AdminServer::Listener {
  Listener(asio::io_context& io, Answer answer_of_daemon, Answer order)
      : acceptor(io),
        rest(io),
        desk(std::make_shared<Desk>(Desk{std::move(answer_of_daemon), std::move(order)})) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    if (!path.empty()) ::unlink(path.c_str());
  }

  void accept() {
    acceptor.async_accept([this](beast::error_code error, Socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      desk->make_room();
      std::make_shared<Session>(std::move(socket), desk)->start();
      accept();
    });
  }

  void accept_later() {
    rest.expires_after(kAcceptRest);
    rest.async_wait([this](beast::error_code error) {
      if (!error) accept();
    });
  }

  Acceptor acceptor;
  asio::steady_timer rest;
  std::string path;  // of the socket that we made, and remove in the end; empty over TCP
  std::shared_ptr<Desk> desk;
  std::uint16_t port = 0;
};

AdminServer::AdminServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
AdminServer::~AdminServer() = default;

std::uint16_t AdminServer::port() const {
  return listener_->port;
}

Result<std::unique_ptr<AdminServer>> AdminServer::open(asio::io_context& io,
                                                       const std::string& socket, Answer answer,
                                                       Answer order) {
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(ErrorKind::config, socket + ": the path of a socket is at most 107 bytes long");
  }
  if (const Result<void> free = make_way(io, socket); !free) return fail(free.error());
  const Local::endpoint endpoint(socket);
  beast::error_code error;
  auto listener = std::make_unique<Listener>(io, std::move(answer), std::move(order));
  listener->acceptor.open(endpoint.protocol(), error);
  // The mode must hold from the first moment on: bind() applies the umask.
  const mode_t before = ::umask(0177);
  if (!error) listener->acceptor.bind(endpoint, error);
  ::umask(before);
  if (!error) listener->path = socket;
  if (!error) listener->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorKind::io, socket + ": " + error.message());
  listener->accept();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(listener)));
}

Result<std::unique_ptr<AdminServer>> AdminServer::listen(asio::io_context& io,
                                                         const std::string& address,
                                                         std::uint16_t port, Answer answer) {
  beast::error_code error;
  const auto fail_to_listen = [&] {
    return fail(ErrorKind::io, address + " port " + std::to_string(port) + ": " + error.message());
  };
  const asio::ip::address ip = asio::ip::make_address(address, error);
  if (error) return fail_to_listen();
  const Tcp::endpoint endpoint(ip, port);
  auto listener = std::make_unique<Listener>(io, std::move(answer), nullptr);
  // Others may know this machine by any name.
  listener->desk->checks_host = ip.is_loopback();
  Acceptor& acceptor = listener->acceptor;
  acceptor.open(endpoint.protocol(), error);
  // A restart must not wait for the connections of the run before.
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  // `[::]` is what it says, and leaves the IPv4 port to others.
  if (!error && ip.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail_to_listen();
  Tcp::endpoint bound;
  const asio::generic::stream_protocol::endpoint local = acceptor.local_endpoint(error);
  if (error) return fail_to_listen();
  std::memcpy(bound.data(), local.data(), std::min(local.size(), bound.capacity()));
  listener->port = bound.port();
  listener->accept();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(listener)));
}

}  // namespace nodeportd
