import Foundation

/// Debian's nginx as an upstream, on a free port. It answers with its name, in the body and in
/// X-Upstream, and serves the files of its folder under /files/.
final class Nginx {
    let name: String
    private(set) var port: UInt16 = 0
    let folder: TemporaryFolder
    private var child: ChildProcess?

    init(_ name: String, configuration: String = "") throws {
        self.name = name
        folder = try TemporaryFolder()
        try folder.makeFolder("files")
        // Another program may take the port between the look and nginx.
        for _ in 1...5 where child == nil { try start(configuration) }
        if child == nil { throw TimedOut("nginx does not start: \(try folder.read("errors"))") }
    }

    /// How many requests it has answered.
    var requestCount: Int { folder.size(of: "count") / 2 }

    func stop() { child?.end() }

    private func start(_ more: String) throws {
        port = try LoopbackAddress.freePort()
        try folder.write(Self.text(name: name, port: port, folder: folder.path, more), to: "conf")
        let child = try ChildProcess(
            ["nginx", "-p", folder.path, "-c", folder["conf"], "-e", folder["log"]],
            output: folder["output"], errors: folder["errors"])
        let isUp = eventually(within: 10) {
            !child.isRunning || (try? Wire(port: port)) != nil
        }
        if isUp, child.isRunning { self.child = child }
    }

    private static func text(
        name: String, port: UInt16, folder: String, _ more: String
    ) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder)/pid;
        error_log \(folder)/log;
        worker_rlimit_nofile 8192;
        events { worker_connections 4096; }
        http {
            log_format count '.';
            access_log \(folder)/count count;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            keepalive_requests 1000000000;
            keepalive_timeout 1h;
            add_header X-Upstream \(name) always;
            server {
                listen 127.0.0.1:\(port) backlog=4096;
                location / { return 200 '\(name)'; }
                location /files/ { root \(folder); }
                \(more)
            }
        }

        """
    }
}
