internal import Kernel
internal import Proxy
package import Settings

/// Whether targets can be connected to.
package struct TargetCheck: Sendable {
    private static let milliseconds = 2_000
    /// So many are tried at once.
    private static let crowd = 64

    private struct Target: Sendable {
        let upstream: String
        let address: AddressSetting
    }

    package init() {}

    /// Tries all targets, many at once, each for at most two seconds.
    package func findings(_ snapshot: Snapshot) async -> [DoctorFinding] {
        let targets = snapshot.upstreams.flatMap { upstream in
            upstream.targets.map { Target(upstream: upstream.name, address: $0.address) }
        }
        var faults: [Int: String?] = [:]
        await withTaskGroup(of: (Int, String?).self) { group in
            for (index, target) in targets.enumerated() {
                if index >= Self.crowd, let (done, fault) = await group.next() {
                    faults[done] = fault
                }
                group.addTask { (index, await Self.fault(of: target.address)) }
            }
            for await (index, fault) in group { faults[index] = fault }
        }
        let reached = Set(
            targets.enumerated().filter { faults[$0.offset] == .some(nil) }.map(\.element.upstream))
        return targets.enumerated().map { index, target in
            let topic = "target \(target.address) of \(target.upstream)"
            guard let fault = faults[index] ?? nil else {
                return DoctorFinding(.ok, topic, "can be connected to")
            }
            return DoctorFinding(
                reached.contains(target.upstream) ? .warn : .fail, topic, fault,
                advice: "is it running, and does a firewall stand between?")
        }
    }

    /// Names are looked up and connections tried on a thread of its own.
    private static func fault(of setting: AddressSetting) async -> String? {
        await withCheckedContinuation { continuation in
            do throws(Errno) {
                try WorkerThread.start(name: "sluice-doctor") {
                    continuation.resume(returning: tryAll(setting))
                }
            } catch {
                continuation.resume(returning: "no thread to try it: \(error)")
            }
        }
    }

    private static func tryAll(_ setting: AddressSetting) -> String? {
        do throws(NameResolver.Failure) {
            for address in try addresses(of: setting) {
                do throws(Errno) {
                    _ = try Reach.connect(to: address, milliseconds: milliseconds)
                } catch {
                    return "\(address): \(error)"
                }
            }
            return nil
        } catch {
            return "the name cannot be looked up: \(error)"
        }
    }

    /// The addresses behind a setting.
    static func addresses(
        of setting: AddressSetting
    ) throws(NameResolver.Failure) -> [SocketAddress] {
        switch setting.host {
        case .any: []
        case .ip(let address): [SocketAddress(address, port: setting.port)]
        case .name(let name): try NameResolver.addresses(of: name, port: setting.port)
        }
    }
}
