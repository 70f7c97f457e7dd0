"""https_server.py DIR [CERTIFICATE KEY [CLIENT_CA]]: an HTTP or HTTPS server that plays DIR/replies.

DIR/replies is a JSON list, one entry a request, in the order in which requests come; when it is
used up, the answer is 200. An entry has `status`, `headers`, `body`, and `then`, what is done:
  reply       (default) answers and keeps the connection
  drop        closes without an answer
  tear        closes in the midst of the header
  hang        never answers
  stall       sends the header and never the body
  reply_close answers, promises to keep the connection, and closes it
  babble      answers, then sends a 200 that nobody asked for, and creates DIR/babbled
The port is written to DIR/port, each request as a line of JSON to DIR/requests.
"""

import http.server
import json
import os
import socketserver
import ssl
import sys
import threading

FOLDER = sys.argv[1]
with open(os.path.join(FOLDER, "replies"), encoding="utf-8") as script:
    REPLIES = json.load(script)
LOCK = threading.Lock()
FOREVER = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with LOCK:
            reply = REPLIES.pop(0) if REPLIES else {}
            with open(os.path.join(FOLDER, "requests"), "a", encoding="utf-8") as log:
                log.write(json.dumps({
                    "method": self.command,
                    "target": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body,
                    "connection": self.client_address[1],
                }) + "\n")
        self.play(reply, reply.get("then", "reply"))

    def play(self, reply, then):
        if then == "hang":
            FOREVER.wait()
        if then == "tear":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nConte")
        if then in ("drop", "tear"):
            self.close_connection = True
            return
        body = reply.get("body", "").encode()
        self.send_response(reply.get("status", 200))
        for name, value in reply.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if then == "stall":
            FOREVER.wait()
        self.wfile.write(body)
        if then == "babble":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            with open(os.path.join(FOLDER, "babbled"), "w", encoding="utf-8"):
                pass
        if then == "reply_close":
            self.close_connection = True

    do_POST = do_GET = handle_any

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def finish_request(self, request, client_address):  # on the connection's own thread
        if CONTEXT is not None:
            request = CONTEXT.wrap_socket(request, server_side=True)
        self.RequestHandlerClass(request, client_address, self)
        request.close()

    def handle_error(self, *_):
        pass


CONTEXT = None
if len(sys.argv) > 2:
    CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CONTEXT.load_cert_chain(sys.argv[2], sys.argv[3])
if len(sys.argv) > 4:
    CONTEXT.load_verify_locations(sys.argv[4])
    CONTEXT.verify_mode = ssl.CERT_REQUIRED

with Server(("127.0.0.1", 0), Handler) as server:
    with open(os.path.join(FOLDER, "port.new"), "w", encoding="utf-8") as port:
        port.write(str(server.server_address[1]))
    os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
    server.serve_forever()
