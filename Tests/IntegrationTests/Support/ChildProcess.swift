import Foundation
import Kernel

/// A program that a test starts; it ends with the test at the latest.
final class ChildProcess: Sendable {
    let pid: pid_t
    private let program: String
    /// nil as long as it runs; then its exit status, or 128 and the signal that ended it.
    private let status = Lock<Int32?>(nil)

    /// Starts a program found along PATH; what it prints goes into the two files.
    init(
        _ arguments: [String], environment: [String: String] = [:],
        output: String, errors: String
    ) throws {
        let program = arguments[0]
        self.program = program
        var surroundings = ProcessInfo.processInfo.environment
        surroundings["SWIFT_BACKTRACE"] = "enable=no"
        surroundings.merge(environment) { _, new in new }

        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o644)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0o644)
        // Also what another thread opens in this moment: a listening socket would stay open.
        unsafe Descriptors.closeAll(from: 3, in: &actions)

        // A thread of this process may hold signals back: a child must get them.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        let settings = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        unsafe posix_spawnattr_setflags(&attributes, settings)

        let words = unsafe Self.list(arguments)
        let pairs = unsafe Self.list(surroundings.map { "\($0.key)=\($0.value)" })
        defer {
            unsafe Self.free(words)
            unsafe Self.free(pairs)
        }
        var pid: pid_t = 0
        let result = Descriptors.lock.withLock { _ in
            Descriptors.markAll()
            return unsafe posix_spawnp(&pid, program, &actions, &attributes, words, pairs)
        }
        guard result == 0 else { throw WireError.system("start \(program)", result) }
        self.pid = pid
    }

    /// Starts a program that listens on a port, and waits until it does; what it prints goes into
    /// the folder.
    static func start(
        _ arguments: [String], listeningOn port: UInt16, in folder: TemporaryFolder
    ) throws -> ChildProcess {
        let child = try ChildProcess(
            arguments, output: folder["output"], errors: folder["errors"])
        let isUp = eventually { !child.isRunning || (try? Wire(port: port)) != nil }
        guard isUp, child.isRunning else {
            throw TimedOut("no start of \(arguments[0]): \(try folder.read("errors"))")
        }
        return child
    }

    deinit { end() }

    private static func list(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe texts.map { unsafe strdup($0) } + [nil]
    }

    private static func free(_ list: [UnsafeMutablePointer<CChar>?]) {
        for index in unsafe list.indices { unsafe Glibc.free(list[index]) }
    }

    func signal(_ number: Int32) {
        status.withLock { status in
            // A number that was waited for may belong to somebody else by now.
            if status == nil { kill(pid, number) }
        }
    }

    /// Ends it at once, if it still runs.
    func end() {
        signal(SIGKILL)
        _ = try? waitForExit()
    }

    var isRunning: Bool { exitStatus() == nil }

    /// Its exit status, once it has ended.
    func exitStatus() -> Int32? {
        status.withLock { status in
            if let status { return status }
            var code: Int32 = 0
            guard unsafe waitpid(pid, &code, WNOHANG) == pid else { return nil }
            let signal = code & 0x7f
            status = signal == 0 ? (code >> 8) & 0xff : 128 + signal
            return status
        }
    }

    @discardableResult
    func waitForExit(within seconds: Double = patience) throws -> Int32 {
        var result: Int32?
        _ = eventually(within: seconds) {
            result = exitStatus()
            return result != nil
        }
        guard let result else { throw TimedOut("\(program) has not ended in \(seconds) s") }
        return result
    }

    /// What a program that runs to its end came to.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:],
        within seconds: Double = 2 * patience
    ) throws -> Result {
        let files = try TemporaryFolder()
        let child = try ChildProcess(
            arguments, environment: environment, output: files["output"], errors: files["errors"])
        let status = try child.waitForExit(within: seconds)
        let read = { name in
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[name])), as: UTF8.self)
        }
        return Result(status: status, output: try read("output"), errors: try read("errors"))
    }
}

/// Connections of tests must not live on in a program that another test starts.
enum Descriptors {
    /// Held while a descriptor is made and marked, and while a program starts.
    static let lock = Lock(())

    /// Leaves a program nothing, not even what another thread opens while it starts:
    /// posix_spawn_file_actions_addclosefrom_np(3), which Swift's module of the C library lacks.
    static func closeAll(
        from first: Int32, in actions: UnsafeMutablePointer<posix_spawn_file_actions_t>
    ) {
        typealias Call =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        let symbol = unsafe dlsym(nil, "posix_spawn_file_actions_addclosefrom_np")
        guard let symbol = unsafe symbol else { return }
        _ = unsafe unsafeBitCast(symbol, to: Call.self)(actions, first)
    }

    /// Sockets that a library has made in this process are its own too.
    static func markAll() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in names.compactMap({ Int32($0) }) where descriptor > 2 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Makes a descriptor that no other program gets.
    static func make(_ body: () -> Int32) throws -> Int32 {
        try lock.withLock { _ in
            let descriptor = body()
            guard descriptor >= 0 else { throw WireError.system("no descriptor", errno) }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return descriptor
        }
    }
}
