import Foundation

/// Debian's nginx as an upstream, on a free port. It answers with its name, in the body and in
/// X-Upstream, and serves the files of its folder under /files/.
final class Nginx {
    let name: String
    private(set) var port: UInt16 = 0
    let folder: TemporaryFolder
    private var child: ChildProcess?
    private let tls: String?

    /// It closes each connection after `requestsPerConnection` requests. `tls`: what it is told of
    /// TLS; it speaks none without.
    init(
        _ name: String, requestsPerConnection: Int = 1_000_000_000, tls: String? = nil
    ) throws {
        self.name = name
        self.tls = tls
        folder = try TemporaryFolder()
        try folder.makeFolder("files")
        // Another program may take the port between the look and nginx.
        for _ in 1...5 where child == nil { try start(requestsPerConnection) }
        if child == nil { throw TimedOut("nginx does not start: \(try folder.read("errors"))") }
    }

    /// How many requests it has answered.
    var requestCount: Int { folder.size(of: "count") / 2 }

    /// Lets it finish what runs, as a restart in production does.
    func finish() {
        child?.signal(SIGQUIT)
        _ = try? child?.waitForExit()
    }

    /// Ends it at once, with all that it has under way.
    func kill() { child?.end() }

    /// Starts it on the port that it had.
    func startAgain() throws {
        child = nil
        try run()
        if child == nil { throw TimedOut("nginx does not start: \(try folder.read("errors"))") }
    }

    /// Stops it in its tracks; the system goes on accepting its connections.
    func freeze() { child?.signal(SIGSTOP) }
    func thaw() { child?.signal(SIGCONT) }

    private func start(_ requestsPerConnection: Int) throws {
        port = try LoopbackAddress.freePort()
        try folder.write(text(requestsPerConnection), to: "conf")
        try run()
    }

    private func run() throws {
        let child = try ChildProcess(
            ["nginx", "-p", folder.path, "-c", folder["conf"], "-e", folder["log"]],
            output: folder["output"], errors: folder["errors"])
        let isUp = eventually {
            !child.isRunning || (try? Wire(port: port)) != nil
        }
        if isUp, child.isRunning { self.child = child }
    }

    private func text(_ requestsPerConnection: Int) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder.path)/pid;
        error_log \(folder.path)/log;
        worker_rlimit_nofile 8192;
        events { worker_connections 4096; }
        http {
            log_format count '.';
            access_log \(folder.path)/count count;
            client_body_temp_path \(folder.path)/body;
            proxy_temp_path \(folder.path)/proxy;
            fastcgi_temp_path \(folder.path)/fastcgi;
            uwsgi_temp_path \(folder.path)/uwsgi;
            scgi_temp_path \(folder.path)/scgi;
            keepalive_requests \(requestsPerConnection);
            keepalive_timeout 1h;
            add_header X-Upstream \(name) always;
            server {
                listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl") backlog=4096;
                \(tls ?? "")
                location / { return 200 '\(name)'; }
                location /files/ { root \(folder.path); }
            }
        }

        """
    }
}
