#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""http_server.py FILE FOLDER: gives FILE over HTTP in several ways, until it is killed.

Writes its port to FOLDER/port and a line a request ("GET PATH RANGE STATUS", PROXY for an absolute URI) to FOLDER/log.

  /range/   with ETag, Range and If-Range      /plain/     without any of them
  /cut/     as /range/, but every answer ends after a third of the file
  /once/    cut, and whole and without Range from the second request on
  /other/   cut, and another ETag a request    /redirect/  to /range/
  /broken/  status 503                         all else is not found
"""
import http.server
import os
import re
import sys

content = open(sys.argv[1], "rb").read()
folder = sys.argv[2]
requests = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, status):
        with open(os.path.join(folder, "log"), "a") as log:
            log.write("%s %s %s %d\n" % ("PROXY" if self.path.startswith("http:") else "GET", self.path, self.headers.get("Range", "-"), status))

    def answer(self, status, body=b"", **headers):
        self.note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        global requests
        requests += 1
        path = re.sub("^http://[^/]*", "", self.path)
        way = path.split("/")[1]
        etag = '"%s"' % (requests if way == "other" else "one")
        if way == "redirect":
            return self.answer(302, Location="/range/file")
        if way == "broken":
            return self.answer(503, b"a page for people")
        if way == "plain" or (way == "once" and requests > 1):
            return self.answer(200, content)
        if way not in ("range", "cut", "once", "other"):
            return self.answer(404, b"a page for people")
        begin, status, more = 0, 200, {}
        asked = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range", etag) == etag:
            begin, status = int(asked.group(1)), 206
            more["Content_Range"] = "bytes %d-%d/%d" % (begin, len(content) - 1, len(content))
        end = len(content) if way == "range" else begin + len(content) // 3
        self.answer(status, content[begin:end], ETag=etag, Content_Length=str(len(content) - begin), **more)
        if end < len(content):
            self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(folder, "port.new"), "w") as port:
    port.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
