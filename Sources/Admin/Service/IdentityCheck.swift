package import Kernel
internal import Proxy
package import Settings

/// Whose rights the process is to have, and whether it can get along with them.
package enum IdentityCheck {
    /// What is wrong with `user` and `group`, each with its place in sluice.yaml.
    package static func faults(_ snapshot: Snapshot, file: String) -> [SettingsError] {
        guard let settings = snapshot.identity else { return [] }
        var faults: [SettingsError] = []
        let user = ProcessIdentity.user(settings.user.text)
        if user == nil {
            faults.append(fault(file, settings.user, "is no user of this machine; expected one"))
        } else if user?.number == 0 {
            faults.append(fault(file, settings.user, "is root; expected another user"))
        } else if settings.group == nil, user?.group == nil {
            faults.append(
                fault(file, settings.user, "has no group of its own; expected `group` too"))
        }
        if let group = settings.group, ProcessIdentity.group(group.text) == nil {
            faults.append(fault(file, group, "is no group of this machine; expected one"))
        }
        return faults.isEmpty ? unreadable(snapshot, file: file, settings.user) : faults
    }

    /// The secrets that root has, and the user will not be able to read. Where somebody else than
    /// root looks, reading them is the proof.
    private static func unreadable(
        _ snapshot: Snapshot, file: String, _ place: IdentitySettings.Name
    ) -> [SettingsError] {
        guard ProcessIdentity.isRoot, let identity = identity(snapshot) else { return [] }
        let group = snapshot.control?.group.flatMap { ProcessIdentity.group($0) }
        let others = group.map { [$0] } ?? []
        let tls =
            snapshot.listeners.compactMap { $0.tls?.files }
            + snapshot.upstreams.compactMap { $0.tls?.files }
        var secrets = tls.joined().map { (path: $0, what: "which TLS needs") }
        for token in snapshot.admin?.tokens ?? [] {
            secrets.append((token.file, "the token \(token.name)"))
        }
        return secrets.filter {
            FileFacts.mayBeRead($0.path, by: identity, others: others) == false
        }.map { secret in
            fault(
                file, place,
                "may not read \(secret.path), \(secret.what); expected it to be theirs, or of "
                    + "their group with mode 0640")
        }
    }

    /// The numbers of what sluice.yaml names; nil where nothing, or nobody, is named.
    package static func identity(_ snapshot: Snapshot) -> ProcessIdentity? {
        guard let settings = snapshot.identity,
            let user = ProcessIdentity.user(settings.user.text)
        else { return nil }
        let group = settings.group.map { ProcessIdentity.group($0.text) } ?? user.group
        return group.map { ProcessIdentity(user: user.number, group: $0) }
    }

    /// Becomes what sluice.yaml names. To be called before there are other threads, and before
    /// anything is opened: what can be had at the start can then be had at each reload too.
    package static func adopt(_ snapshot: Snapshot, file: String) -> [SettingsError] {
        let faults = faults(snapshot, file: file)
        guard faults.isEmpty, let settings = snapshot.identity,
            let wanted = identity(snapshot)
        else { return faults }
        if wanted == .current { return missingRights(snapshot, file: file, settings.user) }
        guard ProcessIdentity.isRoot else {
            let own = ProcessIdentity.current.user
            let name = ProcessFacts.userName(of: own) ?? "\(own)"
            return [
                fault(
                    file, settings.user,
                    "is another than \(name), who has started this; only root may become others")
            ]
        }
        makeStateFolder(snapshot, for: wanted)
        // The group of the control socket is the only further one: without it the socket could
        // not be given to it.
        let others = [snapshot.control?.group.flatMap { ProcessIdentity.group($0) }]
        do throws(ProcessIdentity.Fault) {
            try wanted.adopt(others: others.compactMap(\.self))
        } catch {
            return [fault(file, settings.user, "cannot be taken on: \(error)")]
        }
        return missingRights(snapshot, file: file, settings.user)
    }

    /// A folder that is not there yet belongs to the user from its first moment. What is there is
    /// left as it is: root must not give away files that it did not make.
    private static func makeStateFolder(_ snapshot: Snapshot, for identity: ProcessIdentity) {
        guard let folder = snapshot.stateDirectory, FileFacts(path: folder) == nil else { return }
        guard (try? DurableFile.makeFolder(folder)) != nil else { return }
        try? DurableFile.give(folder, to: identity)
    }

    /// What the process needs and may not use with the rights that it has now.
    private static func missingRights(
        _ snapshot: Snapshot, file: String, _ place: IdentitySettings.Name
    ) -> [SettingsError] {
        var faults: [SettingsError] = []
        func need(_ path: String, _ what: String) {
            guard FileFacts(path: path) != nil, !SystemFacts.mayWrite(path) else { return }
            faults.append(
                fault(
                    file, place,
                    "may not write to \(path), \(what); expected it to be theirs"))
        }
        if let folder = snapshot.stateDirectory {
            need(folder, "the state_dir")
            for name in SystemFacts.names(in: folder) ?? [] {
                need("\(folder)/\(name)", "in the state_dir")
            }
        }
        if let socket = snapshot.control?.socket {
            need(FilePath.folder(of: socket), "where the control socket is made")
        }
        return faults
    }

    private static func fault(
        _ file: String, _ place: IdentitySettings.Name, _ message: String
    ) -> SettingsError {
        SettingsError(
            file: file, line: place.line, column: place.column,
            message: "\(place.text.debugDescription) \(message)")
    }
}
