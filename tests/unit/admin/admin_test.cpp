#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "admin/client.hpp"
#include "admin/notify.hpp"
#include "admin/server.hpp"
#include "base/fd.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd {
namespace {

AdminAnswer answer(std::string_view target) {
  if (target == "/status") return {.body = std::string(200'000, 'x')};
  if (target == "/metrics") {
    return {.content_type = "text/plain", .body = "up 1\n", .headers = {{"X-More", "yes"}}};
  }
  return {.status = 404, .body = "nothing"};
}

Fd connect_to(const std::string& path) {
  Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return client;
}

// Nobody listens on it.
Fd bound_socket(const std::string& path, int type) {
  Fd bound(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(bound.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return bound;
}

Fd connect_to(const std::string& address, std::uint16_t port) {
  const bool is_v6 = address.find(':') != std::string::npos;
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  four.sin_family = AF_INET;
  six.sin6_port = four.sin_port = htons(port);
  const sockaddr* place =
      is_v6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
  void* bytes = is_v6 ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr;
  REQUIRE(::inet_pton(place->sa_family, address.c_str(), bytes) == 1);
  Fd client(::socket(place->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(client.get(), place, is_v6 ? sizeof six : sizeof four) == 0);
  return client;
}

}  // namespace

TEST_CASE("the daemon answers over its socket, which nobody else may open") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  auto server = AdminServer::open(io, path, answer);
  REQUIRE(server);
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);

  std::jthread loop([&io] { io.run(); });
  const auto body = ask_daemon(path, "/status");
  REQUIRE(body);
  CHECK(body->size() == 200'000);
  const auto nothing = ask_daemon(path, "/nothing");
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().text.find("404") != std::string::npos);

  const auto second = AdminServer::open(io, path, answer);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::closed);
  io.stop();
  loop.join();
  server->reset();
  CHECK(::stat(path.c_str(), &status) != 0);
}

TEST_CASE("orders are taken where somebody carries them out, and nowhere else") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  const auto order = [](std::string_view target) {
    return AdminAnswer{.status = 422, .body = "refused " + std::string(target)};
  };
  auto server = AdminServer::open(io, path, answer, order);
  auto deaf = AdminServer::open(io, dir / "deaf.sock", answer);
  REQUIRE(server);
  REQUIRE(deaf);
  std::jthread loop([&io] { io.run(); });
  const auto done = order_daemon(path, "/reload");
  REQUIRE(done);
  CHECK(done->status == 422);
  CHECK(done->body == "refused /reload");
  const auto refused = order_daemon(dir / "deaf.sock", "/reload");
  REQUIRE(refused);
  CHECK(refused->status == 405);
  CHECK(ask_daemon(path, "/status"));  // a GET is still one
  io.stop();
}

TEST_CASE("a socket that a dead daemon left behind is replaced") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  const Fd dead = bound_socket(path, SOCK_STREAM);
  boost::asio::io_context io;
  CHECK(AdminServer::open(io, path, answer));
}

TEST_CASE("what is there and is no socket of a dead daemon is refused and left alone") {
  const test::TempDir dir;
  const std::string path = dir / "precious";
  boost::asio::io_context io;
  struct stat before{};
  struct stat after{};
  const auto is_refused_and_left = [&](const std::string& why) {
    REQUIRE(::lstat(path.c_str(), &before) == 0);
    const auto server = AdminServer::open(io, path, answer);
    REQUIRE_FALSE(server);
    CHECK(server.error().kind == ErrorKind::config);
    CHECK(server.error().text == path + why);
    REQUIRE(::lstat(path.c_str(), &after) == 0);
    CHECK(after.st_ino == before.st_ino);
  };
  SECTION("a file") {
    std::ofstream(path) << "years of work";
    is_refused_and_left(" is there and is no socket");
    CHECK(after.st_size == 13);
  }
  SECTION("a folder") {
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    is_refused_and_left(" is there and is no socket");
  }
  SECTION("a link that leads nowhere") {
    REQUIRE(::symlink("nowhere", path.c_str()) == 0);
    is_refused_and_left(" is there and is no socket");
  }
  SECTION("a socket for datagrams, as /dev/log is") {
    const Fd other = bound_socket(path, SOCK_DGRAM);
    is_refused_and_left(" is there and is a socket of another kind");
  }
}

TEST_CASE("a client that is there when the server goes does no harm") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  auto server = AdminServer::open(io, path, answer);
  REQUIRE(server);
  const Fd client = connect_to(path);
  io.run_for(std::chrono::milliseconds(20));
  server->reset();
}

TEST_CASE("clients that say nothing keep nobody from an answer") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  auto server = AdminServer::open(io, path, answer);
  REQUIRE(server);
  std::vector<Fd> silent;
  for (int i = 0; i < 16; ++i) silent.push_back(connect_to(path));
  std::jthread loop([&io] { io.run(); });
  CHECK(ask_daemon(path, "/status"));
  char byte = 0;
  CHECK(::recv(silent.front().get(), &byte, 1, 0) == 0);  // who waited longest made room
  io.stop();
}

TEST_CASE("clients that do not take their answer keep nobody from theirs") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  std::atomic<int> asked{0};
  auto server = AdminServer::open(io, path, [&](std::string_view target) {
    ++asked;
    if (target == "/status") return answer(target);
    return AdminAnswer{.body = std::string(4U << 20U, 'x')};  // more than a socket holds
  });
  REQUIRE(server);
  std::jthread loop([&io] { io.run(); });
  std::vector<Fd> deaf;
  const std::string question = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (int i = 0; i < 16; ++i) {
    deaf.push_back(connect_to(path));
    REQUIRE(::send(deaf.back().get(), question.data(), question.size(), 0) ==
            ssize_t(question.size()));
  }
  REQUIRE(test::eventually([&] { return asked == 16; }));
  CHECK(ask_daemon(path, "/status"));
  io.stop();
}

TEST_CASE("out of descriptors the server waits instead of spinning, and goes on when it can") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  auto server = AdminServer::open(io, path, answer);
  REQUIRE(server);
  io.poll();
  {
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
    const Fd client = connect_to(path);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(client.get()) + 1, .rlim_max = old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const std::size_t handled = io.run_for(std::chrono::milliseconds(100));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
    CHECK(handled < 10);
  }
  std::jthread loop([&io] { io.run(); });
  CHECK(ask_daemon(path, "/status"));
  io.stop();
}

namespace {

// What the server says to these bytes, all of it.
std::string reply_to(const Fd& client, const std::string& bytes) {
  REQUIRE(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size()));
  std::string reply;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::recv(client.get(), part.data(), part.size(), 0)) > 0;) {
    reply.append(part.data(), static_cast<std::size_t>(got));
  }
  return reply;
}

}  // namespace

TEST_CASE("what is no request, or too large, is told so, and nothing is done") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  boost::asio::io_context io;
  std::atomic<int> orders = 0;
  auto server = AdminServer::open(io, path, answer, [&](std::string_view) {
    ++orders;
    return AdminAnswer{};
  });
  auto tcp = AdminServer::listen(io, "127.0.0.1", 0, answer);
  REQUIRE(server);
  REQUIRE(tcp);
  std::jthread loop([&io] { io.run(); });
  const std::string head = "POST /reload HTTP/1.1\r\nHost: localhost\r\n";
  const std::vector<std::pair<std::string, std::string>> asked = {
      {"hello\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"},
      {"GET / SPDY/3\r\n\r\n", "400"},
      {head + "X: " + std::string(60'000, 'x') + "\r\n\r\n", "431"},
      {head + "Content-Length: 60000\r\n\r\n" + std::string(60'000, 'x'), "413"},
      {head + "Content-Length: 99999999999\r\n\r\nx", "413"}};
  for (const auto& [bytes, status] : asked) {
    INFO(bytes.substr(0, 80));
    for (const Fd& client : {connect_to(path), connect_to("127.0.0.1", (*tcp)->port())}) {
      const std::string reply = reply_to(client, bytes);
      CHECK(reply.starts_with("HTTP/1.1 " + status + " "));
      CHECK(reply.find("{\"error\":") != std::string::npos);
    }
  }
  CHECK(orders == 0);
  CHECK(ask_daemon(path, "/status"));
  io.stop();
}

TEST_CASE("this machine's name is its own in any letters, another one is not") {
  boost::asio::io_context io;
  auto server = AdminServer::listen(io, "127.0.0.1", 0, answer);
  REQUIRE(server);
  std::jthread loop([&io] { io.run(); });
  const auto status_for = [&](const std::string& host) {
    const Fd client = connect_to("127.0.0.1", (*server)->port());
    return reply_to(client, "GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n").substr(9, 3);
  };
  for (const char* host : {"localhost", "LocalHost:9464", "LOCALHOST", "127.0.0.1:9464", "[::1]"}) {
    CHECK(status_for(host) == "200");
  }
  for (const char* host : {"localhost.example.org", "LOCALHOST2", "example.org:9464"}) {
    CHECK(status_for(host) == "403");
  }
  io.stop();
}

TEST_CASE("over TCP the same is answered, with its type, its headers and its status") {
  const std::string address = GENERATE("127.0.0.1", "::1");
  boost::asio::io_context io;
  auto server = AdminServer::listen(io, address, 0, answer);
  REQUIRE(server);
  REQUIRE((*server)->port() != 0);
  std::jthread loop([&io] { io.run(); });
  const auto ask = [&](const std::string& request) {
    const Fd client = connect_to(address, (*server)->port());
    const std::string text = request + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    REQUIRE(::send(client.get(), text.data(), text.size(), 0) == ssize_t(text.size()));
    std::string reply;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::recv(client.get(), part.data(), part.size(), 0)) > 0;) {
      reply.append(part.data(), static_cast<std::size_t>(got));
    }
    return reply;
  };
  const std::string page = ask("GET /metrics");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(page.ends_with("\r\n\r\nup 1\n"));
  for (const char* header :
       {"Content-Type: text/plain\r\n", "X-More: yes\r\n", "Cache-Control: no-store\r\n",
        "X-Content-Type-Options: nosniff\r\n"}) {
    CHECK(page.find(header) != std::string::npos);
  }
  CHECK(ask("GET /nothing").starts_with("HTTP/1.1 404 "));
  const std::string refused = ask("POST /metrics");
  CHECK(refused.starts_with("HTTP/1.1 405 "));
  CHECK(refused.find("Allow: GET\r\n") != std::string::npos);

  const auto second = AdminServer::listen(io, address, (*server)->port(), answer);
  REQUIRE_FALSE(second);
  CHECK(second.error().text.find("Address already in use") != std::string::npos);
  io.stop();
}

TEST_CASE("a name is no address to listen on") {
  boost::asio::io_context io;
  CHECK_FALSE(AdminServer::listen(io, "localhost", 0, answer));
}

TEST_CASE("the watchdog is fed as its manager wants it, if there is one") {
  CHECK_FALSE(notify::watchdog());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  CHECK(notify::watchdog() == std::chrono::seconds(30));
  ::setenv("WATCHDOG_PID", "1", 1);  // of another process
  CHECK_FALSE(notify::watchdog());
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("without a daemon the question fails and names the socket") {
  const auto body = ask_daemon("/nonexistent/admin.sock", "/status");
  REQUIRE_FALSE(body);
  CHECK(body.error().kind == ErrorKind::closed);
  CHECK(body.error().text.find("/nonexistent/admin.sock") != std::string::npos);
}

TEST_CASE("the service manager hears that we are ready and that we stop") {
  const test::TempDir dir;
  const std::string path = dir / "notify.sock";
  const Fd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(manager.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify::ready("following 1 log");
  notify::stopping("draining");
  notify::alive();
  ::unsetenv("NOTIFY_SOCKET");
  char text[256];
  const auto receive = [&] {
    const ssize_t size = ::recv(manager.get(), text, sizeof text, 0);
    return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  };
  CHECK(receive() == "READY=1\nSTATUS=following 1 log");
  CHECK(receive() == "STOPPING=1\nSTATUS=draining");
  CHECK(receive() == "WATCHDOG=1");
}

}  // namespace nodeportd
