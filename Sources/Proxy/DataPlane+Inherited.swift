package import Kernel
package import Settings

/// Sockets that this process was started with.
///
/// All workers accept from one inherited socket: its queue belongs to whoever keeps it open, and
/// what waits there when this process ends is served by the next one. Sockets of our own on the
/// same port (SO_REUSEPORT) would have queues that end with this process, and the kernel lets only
/// the user that has opened the first one add others.
extension DataPlane {
    /// Duplicates of the inherited sockets at an address, one for each worker; nil where there is
    /// none. Several sockets of one address are dealt out in turn.
    func openInherited(
        _ listener: String, at address: SocketAddress
    ) throws(Errno) -> OpenedListener? {
        let sockets = inherited.filter { $0.place == .tcp(address) }
        guard !sockets.isEmpty, address.port != 0 else { return nil }
        var descriptors: [Int32] = []
        do throws(Errno) {
            for number in 0..<workerCount {
                let socket = try sockets[number % sockets.count].duplicate()
                descriptors.append(socket.release())
            }
        } catch {
            descriptors.forEach(Self.close)
            throw error
        }
        return OpenedListener(
            bound: BoundListener(name: listener, address: address), descriptors: descriptors,
            isShared: true)
    }

    /// What is wrong with inherited sockets for such a snapshot, a line each: nobody takes a
    /// socket, or not every socket of an address could be taken. Connections to it would wait
    /// without end.
    package static func faults(
        of inherited: [InheritedSocket], for snapshot: Snapshot, workers: Int
    ) -> [String] {
        let settings = snapshot.listeners.map(\.address)
        let listeners = settings.compactMap { try? address(toListenOn: $0) }
        let admin = snapshot.admin.flatMap { try? address(toListenOn: $0.address) }
        return inherited.enumerated().compactMap { index, socket in
            let what = "\(socket.place)\(socket.name.isEmpty ? "" : " (\(socket.name))")"
            let before = inherited[..<index].count { $0.place == socket.place }
            switch socket.place {
            case .tcp(let address) where listeners.contains(address):
                guard before >= workers else { return nil }
                return "\(what) was handed over more than \(workers) times; expected at most as "
                    + "often as there are workers"
            case .tcp(let address) where address == admin:
                return before == 0 ? nil : "\(what) was handed over twice; expected it once"
            case .unix(let path) where isControl(path, snapshot):
                return before == 0 ? nil : "\(what) was handed over twice; expected it once"
            default:
                return "\(what) was handed over, and nothing listens there; expected the address "
                    + "of a listener or of `admin`, or the path of `control.socket`"
            }
        }
    }

    private static func isControl(_ path: String, _ snapshot: Snapshot) -> Bool {
        guard let socket = snapshot.control?.socket else { return false }
        guard let resolved = FilePath.resolved(path) else { return socket == path }
        return socket == path || FilePath.resolved(socket) == resolved
    }

    /// Why a port cannot be had, with what helps.
    static func reason(_ error: Errno, port: UInt16) -> String {
        guard error == .permissionDenied, Int(port) < SystemFacts.firstUnprivilegedPort,
            !ProcessIdentity.mayBindLowPorts
        else { return error.description }
        return "\(error): ports below \(SystemFacts.firstUnprivilegedPort) need the capability "
            + "CAP_NET_BIND_SERVICE, which this process does not have"
    }
}
