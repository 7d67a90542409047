internal import Addressing
package import Settings

/// What the settings say of who may come in at the admin address.
package struct AdminRules: Sendable, Equatable {
    /// Whether reading needs no token.
    package var isReadable = true
    /// The names by which it may be asked for, in lower case.
    private var names: Set<String> = ["localhost"]

    /// Reading is open, by localhost and by addresses only.
    package init() {}

    /// As the settings say.
    package init(_ settings: AdminSettings) {
        isReadable = settings.readers == .anybody
        if case .name(let name) = settings.address.host { names.insert(name.lowercased()) }
        names.formUnion(settings.hosts.map { $0.lowercased() })
    }

    /// Whether a Host is one of this address. An IP address is: no name was needed to come here, so
    /// none can have been pointed here by somebody else.
    package func isOwn(host: String) -> Bool {
        var name = host.lowercased()[...]
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            let rest = name[name.index(after: end)...]
            guard rest.isEmpty || Self.isPort(rest) else { return false }
            return IPAddress(name[name.index(after: name.startIndex)..<end]) != nil
        }
        if let colon = name.firstIndex(of: ":") {
            guard Self.isPort(name[colon...]) else { return false }
            name = name[..<colon]
        }
        if IPAddress(name) != nil { return true }
        if name.hasSuffix(".") { name = name.dropLast() }
        return names.contains(String(name)) || name.hasSuffix(".localhost")
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.hasPrefix(":") && UInt16(text.dropFirst()) != nil
    }
}
