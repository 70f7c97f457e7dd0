"""An HTTP receiver that keeps what it is sent and can end its sender between request and answer."""

import http.server
import json
import threading


class Receiver:
    def __init__(self, tls=None, port=0):
        self.lock = threading.Lock()
        self.bodies = []
        self.headers = []
        self.reply = lambda number: (204, {})
        self.killer = None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with receiver.lock:
                    killer, receiver.killer = receiver.killer, None
                    receiver.bodies.append(body)
                    receiver.headers.append(dict(self.headers))
                    code, headers = receiver.reply(len(receiver.bodies))
                if killer is not None:
                    killer()
                    self.close_connection = True
                    return
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *arguments):
                """A sender that was killed, or that does not trust us: what these tests are about."""

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://localhost:{self.port}/alerts"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def kill_on_request(self, killer):
        with self.lock:
            self.killer = killer

    def count(self):
        with self.lock:
            return len(self.bodies)

    def alerts(self):
        """Every alert that was sent, one or many a request."""
        with self.lock:
            return [alert for body in self.bodies
                    for alert in (body if isinstance(body, list) else [body])]

    def clear(self):
        with self.lock:
            self.bodies.clear()
            self.headers.clear()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
