import Foundation

/// Debian's nginx as an upstream, on a free port. It answers with its name, in the body and in
/// X-Upstream, and serves the files of its folder under /files/; or does what it is told instead.
final class Nginx {
    let name: String
    private(set) var port: UInt16 = 0
    let folder: TemporaryFolder
    private var child: ChildProcess?
    private let tls: String?
    private let listening: String
    private let locations: String?

    /// It closes each connection after `requestsPerConnection` requests. `tls`: what it is told of
    /// TLS; it speaks none without. `listening`: how else it listens. `locations`: what it does
    /// instead; paths in it begin at its folder.
    init(
        _ name: String, requestsPerConnection: Int = 1_000_000_000, tls: String? = nil,
        listening: String = "", locations: String? = nil
    ) throws {
        self.name = name
        self.tls = tls
        self.listening = listening
        self.locations = locations
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
        run()
        if child == nil { throw TimedOut("nginx does not start: \(try folder.read("errors"))") }
    }

    /// Stops it in its tracks; the system goes on accepting its connections.
    func freeze() { child?.signal(SIGSTOP) }
    func thaw() { child?.signal(SIGCONT) }

    private func start(_ requestsPerConnection: Int) throws {
        port = try LoopbackAddress.freePort()
        try folder.write(text(requestsPerConnection), to: "conf")
        run()
    }

    private func run() {
        child = try? ChildProcess.start(
            ["nginx", "-p", folder.path, "-c", folder["conf"], "-e", folder["log"]],
            listeningOn: port, in: folder)
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
                listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl") \(listening) backlog=4096;
                \(tls ?? "")
                \(locations ?? "location / { return 200 '\(name)'; }")
                location /files/ { root \(folder.path); }
            }
        }

        """
    }
}
