internal import Bytes
internal import Kernel
internal import Settings
internal import TLS
internal import Telemetry

/// A certificate in use.
package struct CertificateReport: Sendable, Equatable {
    /// Whose it is: a listener's, or an upstream's that shows it to its targets.
    package enum Owner: Sendable, Equatable, CustomStringConvertible {
        case listener(String)
        case upstream(String)

        /// In the words of the settings.
        package var description: String {
            switch self {
            case .listener(let name): "listener \(name)"
            case .upstream(let name): "upstream \(name)"
            }
        }
    }

    /// Whose it is, and its file.
    package let owner: Owner
    package let path: String
    /// Who it names, the names that it is shown for, and the kind of its key.
    package let subject: String
    package let names: [String]
    package let kind: String
    /// Those among the names that it does not have.
    package let uncoveredNames: [String]
    /// When it begins and ends to be good, in seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64
}

/// Files that could not be used: what was in force before still is.
package struct CertificateFault: Sendable, Equatable, CustomStringConvertible {
    /// Whose they are, and what is wrong with which.
    package let owner: CertificateReport.Owner
    package let reason: String

    /// One line.
    package var description: String { "\(owner): \(reason)" }
}

/// What a look at the files of TLS came to.
package struct CertificateReload: Sendable, Equatable {
    /// Whose files were read anew and are in force.
    package var renewed: [CertificateReport.Owner] = []
    /// Whose could not be, and why: what was in force still is.
    package var faults: [CertificateFault] = []

    package init() {}
}

/// The TLS of all listeners and upstreams, as it was read from its files.
struct TLSStock: Sendable {
    /// What was made of settings, and how their files were when it was.
    struct Entry<Settings: Sendable & Equatable, Value: Sendable>: Sendable {
        let settings: Settings
        let facts: [String: FileFacts]
        let value: Value

        func isCurrent(_ settings: Settings, _ facts: [String: FileFacts]) -> Bool {
            self.settings == settings && self.facts == facts
        }
    }

    var listeners: [String: Entry<ListenerTLS, TLSServer>] = [:]
    var upstreams: [String: Entry<UpstreamTLS, TLSClient>] = [:]
    var reload = CertificateReload()
    /// The first thing that could not be made at all: nothing was made of its settings before.
    var missing: (owner: CertificateReport.Owner, fault: TLSLoadFault)?
}

extension TLSStock {
    /// Reads what is new or has changed; what cannot be read stays as it was in `self`.
    func renewed(
        listeners wantedListeners: [(name: String, tls: ListenerTLS)],
        upstreams wantedUpstreams: [(name: String, tls: UpstreamTLS)], keys: TLSTicketKeys
    ) -> TLSStock {
        var next = TLSStock()
        for (name, tls) in wantedListeners {
            let known = listeners[name]
            next.listeners[name] = next.entry(
                .listener(name), tls, tls.files, known, certificates: \.certificates
            ) { () throws(TLSLoadFault) in try tls.load(name, keys) }
        }
        for (name, tls) in wantedUpstreams {
            let known = upstreams[name]
            next.upstreams[name] = next.entry(
                .upstream(name), tls, tls.files, known, certificates: \.shown
            ) { () throws(TLSLoadFault) in try tls.load() }
        }
        return next
    }

    /// What settings come to: what is known where neither they nor their files have changed, and
    /// where the files alone have and cannot be used. Other settings are never passed over for
    /// that: what cannot be made of them is missing, else a listener that must ask for certificates
    /// would not.
    private mutating func entry<Settings: Sendable & Equatable, Value: Sendable>(
        _ owner: CertificateReport.Owner, _ settings: Settings, _ files: [String],
        _ known: Entry<Settings, Value>?, certificates: (Value) -> [TLSCertificate],
        load: () throws(TLSLoadFault) -> Value
    ) -> Entry<Settings, Value>? {
        let facts = Self.facts(files)
        if let known, known.isCurrent(settings, facts) { return known }
        do throws(TLSLoadFault) {
            let entry = Entry(settings: settings, facts: facts, value: try load())
            if let known {
                try Self.checkTimes(of: certificates(entry.value), after: certificates(known.value))
            }
            reload.renewed.append(owner)
            return entry
        } catch {
            guard let known, known.settings == settings else {
                missing = missing ?? (owner, error)
                return nil
            }
            reload.faults.append(CertificateFault(owner: owner, reason: "\(error)"))
            return known
        }
    }

    /// Changed files do not take a good certificate away: one that has expired or is not good yet
    /// waits while the one before it is good.
    private static func checkTimes(
        of certificates: [TLSCertificate], after others: [TLSCertificate]
    ) throws(TLSLoadFault) {
        let now = WallClock.nanoseconds() / 1_000_000_000
        for next in certificates where !next.isGood(at: now) {
            guard others.contains(where: { $0.path == next.path && $0.isGood(at: now) }) else {
                continue
            }
            throw TLSLoadFault(
                .certificate, next.path,
                next.notAfter <= now
                    ? "the certificate has expired" : "the certificate is not good yet")
        }
    }

    private static func facts(_ files: [String]) -> [String: FileFacts] {
        var facts: [String: FileFacts] = [:]
        for file in files { facts[file] = FileFacts(path: file) }
        return facts
    }
}

extension DataPlane {
    /// Looks at the files of TLS once more, and uses those that have changed for all connections
    /// to come. What cannot be used changes nothing.
    package func reloadCertificates() async -> CertificateReload {
        let before = foundation.withLock { $0 }
        let stock = before.tls.renewed(
            listeners: before.tls.listeners.map { ($0.key, $0.value.settings) },
            upstreams: before.tls.upstreams.map { ($0.key, $0.value.settings) },
            keys: before.ticketKeys)
        guard !stock.reload.renewed.isEmpty else { return stock.reload }
        let roll = foundation.withLock { foundation -> RollCall? in
            // Another snapshot runs by now, which has read its files itself.
            guard foundation.revision == before.revision else { return nil }
            foundation.tls = stock
            let change = TLSChange(foundation)
            return send { .renew(change, acknowledge: $1) }
        }
        _ = await roll?.acknowledgement()
        return stock.reload
    }

    /// All files that TLS reads.
    package var certificateFiles: [String] {
        foundation.withLock { foundation in
            foundation.tls.listeners.values.flatMap(\.settings.files)
                + foundation.tls.upstreams.values.flatMap(\.settings.files)
        }
    }

    /// What could not be read anew when the present snapshot was taken on: it is as it was.
    package var certificateFaults: [CertificateFault] {
        foundation.withLock { $0.tls.reload.faults }
    }

    /// The certificates in use.
    package var certificates: [CertificateReport] {
        let stock = foundation.withLock { $0.tls }
        let listeners = stock.listeners.sorted { $0.key < $1.key }.flatMap { name, entry in
            entry.value.certificates.map { CertificateReport(.listener(name), $0) }
        }
        let upstreams = stock.upstreams.sorted { $0.key < $1.key }.compactMap { name, entry in
            entry.value.certificate.map { CertificateReport(.upstream(name), $0) }
        }
        return listeners + upstreams
    }

    /// New keys for session tickets, once the present ones are old enough.
    package func rotateTicketKeys() {
        foundation.withLock { $0.ticketKeys }.rotateIfDue(.now())
    }

    /// Reads the files of a snapshot; what runs already with the same settings is kept where that
    /// fails.
    func loadTLS(_ snapshot: Snapshot) throws(DataPlaneError) -> TLSStock {
        let (known, keys) = foundation.withLock { ($0.tls, $0.ticketKeys) }
        let stock = known.renewed(
            listeners: snapshot.listeners.compactMap { listener in
                listener.tls.map { (listener.name, $0) }
            },
            upstreams: snapshot.upstreams.compactMap { upstream in
                upstream.tls.map { (upstream.name, $0) }
            }, keys: keys)
        if let (owner, fault) = stock.missing {
            throw .untrustworthy(owner: "\(owner)", reason: "\(fault)")
        }
        return stock
    }
}

extension CertificateReport {
    init(_ owner: Owner, _ certificate: TLSCertificate) {
        self.owner = owner
        path = certificate.path
        subject = certificate.subject
        names = certificate.names
        kind = certificate.kind.rawValue
        uncoveredNames = certificate.names.filter { !certificate.covers($0) }
        notBefore = certificate.notBefore
        notAfter = certificate.notAfter
    }
}

extension TLSClient {
    /// What targets are shown.
    fileprivate var shown: [TLSCertificate] { certificate.map { [$0] } ?? [] }
}

/// The TLS that workers use from now on, by the ids of its owners.
struct TLSChange: Sendable {
    var listeners: [Int: TLSServer] = [:]
    var upstreams: [Int: TLSClient] = [:]

    init(_ foundation: Foundation) {
        for (name, entry) in foundation.tls.listeners {
            guard let id = foundation.registry.knownListener(name) else { continue }
            listeners[id] = entry.value
        }
        for (name, entry) in foundation.tls.upstreams {
            guard let id = foundation.registry.knownUpstream(name) else { continue }
            upstreams[id] = entry.value
        }
    }
}

extension Worker {
    /// Takes on what was read anew; connections that there are go on as they began.
    mutating func renew(_ change: TLSChange) {
        for (id, server) in change.listeners where id < listeners.count {
            listeners[id].tls = server
        }
        for (id, client) in change.upstreams where id < upstreams.count {
            takeOnTLS(client, ofUpstream: id)
        }
    }
}
