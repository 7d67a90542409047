internal import Kernel
package import Settings

/// Whether a machine is fit for what the settings ask of it.
package struct MachineCheck: Sendable {
    /// What is known of the machine; tests put other facts in their place.
    package struct Facts: Sendable {
        /// How many descriptors a process may have at most.
        package var mostDescriptors: Int
        /// How many connections may wait at a socket; nil where it is not told.
        package var mostWaiting: Int?
        /// Whether somebody keeps the clock right; nil where it is not told.
        package var isClockRight: Bool?
        package var kernel: String

        /// Those of this machine.
        package static var here: Facts {
            Facts(
                mostDescriptors: SystemFacts.descriptorLimits.hard,
                mostWaiting: SystemFacts.mostWaitingConnections,
                isClockRight: SystemFacts.isClockSynchronised,
                kernel: SystemFacts.kernelRelease)
        }

        package init(
            mostDescriptors: Int, mostWaiting: Int?, isClockRight: Bool?, kernel: String
        ) {
            self.mostDescriptors = mostDescriptors
            self.mostWaiting = mostWaiting
            self.isClockRight = isClockRight
            self.kernel = kernel
        }
    }

    /// What the process needs besides connections: files, workers, the control plane.
    private static let reserve = 128
    /// Fewer are too few for the traffic of a company.
    private static let fewDescriptors = 4_096

    private let facts: Facts

    package init(_ facts: Facts) { self.facts = facts }

    /// All of it.
    package func findings(_ snapshot: Snapshot) -> [DoctorFinding] {
        [descriptors(snapshot), waiting, clock, DoctorFinding(.ok, "kernel", facts.kernel)]
            + features()
    }

    private func descriptors(_ snapshot: Snapshot) -> DoctorFinding {
        let most = facts.mostDescriptors
        let limits = snapshot.listeners.map { $0.limits.connections }
        let room = max(0, (most - Self.reserve) / 2)
        let says = "\(most) open files, about \(room) connections at once"
        // A listener without a limit may have any number of them.
        let wanted = limits.compactMap(\.self).reduce(0, +)
        if wanted > room {
            return DoctorFinding(
                .fail, "open files",
                "\(says); `limits.connections` of the listeners allow \(wanted)",
                advice: "set LimitNOFILE=\(2 * wanted + Self.reserve) in the unit, or ulimit -n, "
                    + "or lower the limits")
        }
        if most < Self.fewDescriptors {
            return DoctorFinding(
                .warn, "open files", says,
                advice: "set LimitNOFILE=1048576 in the unit, or ulimit -n")
        }
        return DoctorFinding(.ok, "open files", says)
    }

    private var waiting: DoctorFinding {
        let backlog = Int(ListeningSocket.backlog)
        guard let most = facts.mostWaiting else {
            return DoctorFinding(
                .warn, "somaxconn", "/proc/sys/net/core/somaxconn cannot be read",
                advice: "look at it outside of the sandbox; \(backlog) and more are right")
        }
        guard most < backlog else { return DoctorFinding(.ok, "somaxconn", "\(most)") }
        return DoctorFinding(
            .warn, "somaxconn", "\(most); bursts of more connections are dropped",
            advice: "sysctl -w net.core.somaxconn=\(backlog)")
    }

    private var clock: DoctorFinding {
        switch facts.isClockRight {
        case true?: DoctorFinding(.ok, "clock", "kept right")
        case false?:
            DoctorFinding(
                .warn, "clock", "nobody keeps it right: times in logs and of certificates are off",
                advice: "run chrony or systemd-timesyncd (timedatectl set-ntp true)")
        case nil: DoctorFinding(.warn, "clock", "the kernel does not say whether it is right")
        }
    }

    /// What the data path asks of the kernel, tried.
    private func features() -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        let loopback = SocketAddress(version4: 0x7f00_0001, port: 0)
        let name = "sharing ports (SO_REUSEPORT)"
        do throws(Errno) {
            let first = try ListeningSocket.listen(on: loopback, sharesPort: true)
            _ = try ListeningSocket.listen(on: first.localAddress() ?? loopback, sharesPort: true)
            findings.append(DoctorFinding(.ok, "kernel", name))
        } catch {
            findings.append(
                DoctorFinding(
                    .fail, "kernel", "\(name): \(error)",
                    advice: "a kernel since 3.9 has it; look at the sandbox"))
        }
        do throws(Errno) {
            _ = try Pipe(capacity: 1 << 16)
            _ = try Epoll(batchSize: 1)
            _ = try Inotify()
            try Self.splice(at: loopback)
            findings.append(DoctorFinding(.ok, "kernel", "pipes, splice, epoll and inotify"))
        } catch {
            findings.append(
                DoctorFinding(
                    .fail, "kernel", "pipes, splice, epoll or inotify: \(error)",
                    advice: "look at fs.inotify.max_user_instances and at the sandbox"))
        }
        return findings
    }

    /// Takes from a socket at which nothing waits: a kernel that can splice says just that.
    private static func splice(at loopback: SocketAddress) throws(Errno) {
        let listener = try ListeningSocket.listen(on: loopback, sharesPort: false)
        var pipe = try Pipe(capacity: 1 << 16)
        switch Socket.connect(to: listener.localAddress() ?? loopback) {
        case .failed(let error): throw error
        case .started(let socket):
            if case .failed(let error) = pipe.fill(from: socket) { throw error }
        }
    }
}
