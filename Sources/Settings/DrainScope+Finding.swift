/// What a drain may name, and what it means.
extension DrainScope {
    /// What a request names: an upstream, or one of its targets as the settings write it or by one
    /// of `addresses`, which it is or was found at.
    package static func find(
        upstream name: String, target: String?, in upstreams: [UpstreamSettings],
        addresses: [String]
    ) throws(DrainFault) -> DrainScope {
        guard let upstream = upstreams.first(where: { $0.name == name }) else {
            throw .unknownUpstream(name, known: upstreams.map(\.name))
        }
        guard let target else { return DrainScope(upstream: name) }
        let written = upstream.targets.map { "\($0.address)" }
        let known = written + addresses.filter { !written.contains($0) }
        let wanted = comparable(target)
        guard let found = known.first(where: { comparable($0) == wanted }) else {
            throw .unknownTarget(target, upstream: name, known: known)
        }
        return DrainScope(upstream: name, target: found)
    }

    /// Whether the settings have it: a target's address may be one that a name stands for at times.
    package func isNamed(in upstreams: [UpstreamSettings]) -> Bool {
        guard let settings = upstreams.first(where: { $0.name == upstream }) else { return false }
        guard let target else { return true }
        if settings.targets.contains(where: { "\($0.address)" == target }) { return true }
        guard let address = try? AddressSetting(parsing: target), case .ip = address.host else {
            return false
        }
        return settings.targets.contains { other in
            if case .ip = other.address.host { return false }
            return other.address.port == address.port
        }
    }

    /// An address in the one form that all its spellings share; names do not mind their case.
    private static func comparable(_ text: String) -> String {
        ((try? AddressSetting(parsing: text)).map { "\($0)" } ?? text).lowercased()
    }
}

/// Why nothing can be drained by what a request names.
package enum DrainFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownUpstream(String, known: [String])
    /// `known` are the targets that the upstream has, as the settings write them and as they are
    /// resolved.
    case unknownTarget(String, upstream: String, known: [String])
    /// So many drains are in force.
    case tooMany(Int)

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .unknownUpstream(let name, let known):
            "there is no upstream \(quoted(name)); \(NearestWord.advice(name, among: known))"
        case .unknownTarget(let target, let upstream, let known):
            "the upstream \(quoted(upstream)) has no target \(quoted(target)); "
                + "expected \(listed(known))"
                + (NearestWord.of(target, among: known).map { ", probably \($0)" } ?? "")
        case .tooMany(let count):
            "\(count) drains are in force, as many as there may be; undrain something first"
        }
    }
}
