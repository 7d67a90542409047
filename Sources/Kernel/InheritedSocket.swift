internal import CLinux

/// A listening socket that whoever started this process has opened for it (sd_listen_fds(3)). It
/// stays open as long as the process lives; who listens gets a duplicate.
package struct InheritedSocket: Sendable, Equatable {
    /// Where it listens.
    package enum Place: Sendable, Equatable, CustomStringConvertible {
        case tcp(SocketAddress)
        case unix(path: String)

        /// The address, or the path.
        package var description: String {
            switch self {
            case .tcp(let address): "\(address)"
            case .unix(let path): path
            }
        }
    }

    /// What its descriptor was called; empty for nothing.
    package let name: String
    package let place: Place
    private let descriptor: Int32

    /// Another descriptor of the same socket, which whoever gets it has to close.
    package func duplicate() throws(Errno) -> ListeningSocket {
        let result = sluice_duplicate(descriptor)
        guard result >= 0 else { throw Errno(result: result) }
        return ListeningSocket(owning: Int32(result))
    }

    /// Why what was handed over cannot be used.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// Which one, and what was expected.
        package let description: String
    }

    /// The first descriptor that is handed over.
    private static let first: Int32 = 3
    private static let most = 1_024

    /// The variables that tell of such sockets.
    package static let variables = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]

    /// What was handed over to this process, in its order; nothing where the variables speak of
    /// another one. Each takes as many connections as this process's own listeners do, and
    /// connections have the same options.
    package static func all(
        _ environment: [String: String]
    ) throws(Fault) -> [InheritedSocket] {
        guard let process = environment["LISTEN_PID"], let text = environment["LISTEN_FDS"],
            process == "\(ProcessFacts.identifier)"
        else { return [] }
        guard let count = Int(text), (0...most).contains(count) else {
            throw Fault(
                description: "LISTEN_FDS is \(text.debugDescription); expected 0 to \(most)")
        }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(
            separator: ":", omittingEmptySubsequences: false)
        var found: [InheritedSocket] = []
        for index in 0..<count {
            let name = index < names.count ? String(names[index]) : ""
            found.append(try take(first + Int32(index), name))
        }
        return found
    }

    private static func take(
        _ descriptor: Int32, _ name: String
    ) throws(Fault) -> InheritedSocket {
        let what = "descriptor \(descriptor)\(name.isEmpty ? "" : " (\(name))")"
        let result = sluice_take_over(descriptor)
        guard result >= 0 else {
            throw Fault(description: "\(what) was handed over: \(Errno(result: result))")
        }
        guard let place = place(of: descriptor) else {
            throw Fault(
                description: "\(what) was handed over and is no socket that listens; expected "
                    + "TCP or a Unix stream socket (ListenStream=)")
        }
        if case .tcp = place {
            _ = sluice_set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
            _ = sluice_set_option(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            _ = sluice_listen(descriptor, ListeningSocket.backlog)
        }
        return InheritedSocket(name: name, place: place, descriptor: descriptor)
    }

    private static func place(of descriptor: Int32) -> Place? {
        guard sluice_get_option(descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1,
            sluice_get_option(descriptor, SOL_SOCKET, SO_TYPE) == Int(SOCK_STREAM.rawValue)
        else { return nil }
        var storage = sockaddr_storage()
        guard unsafe sluice_local_address(descriptor, &storage) >= 0 else { return nil }
        if let address = SocketAddress(storage) { return .tcp(address) }
        let path = unsafe [UInt8](unsafeUninitializedCapacity: UnixSocket.longestPath + 1) {
            memory, count in
            guard let start = memory.baseAddress else { return }
            count = max(0, unsafe sluice_local_path(descriptor, start, memory.count))
        }
        return path.isEmpty ? nil : .unix(path: String(decoding: path, as: UTF8.self))
    }
}
