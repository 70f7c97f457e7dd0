#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

#include "admin/client.hpp"
#include "admin/notify.hpp"
#include "admin/server.hpp"
#include "base/fd.hpp"
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

TEST_CASE("a socket that a dead daemon left behind is replaced") {
  const test::TempDir dir;
  const std::string path = dir / "admin.sock";
  const Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  boost::asio::io_context io;
  CHECK(AdminServer::open(io, path, answer));
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
  ::unsetenv("NOTIFY_SOCKET");
  char text[256];
  const auto receive = [&] {
    const ssize_t size = ::recv(manager.get(), text, sizeof text, 0);
    return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  };
  CHECK(receive() == "READY=1\nSTATUS=following 1 log");
  CHECK(receive() == "STOPPING=1\nSTATUS=draining");
}

}  // namespace nodeportd
