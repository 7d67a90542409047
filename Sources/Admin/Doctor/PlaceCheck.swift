internal import Kernel
internal import Proxy
package import Settings

/// Whether the addresses, folders and files that the settings name can be used.
package struct PlaceCheck: Sendable {
    /// What a running proxy holds already; nil where none runs.
    private let running: JSONValue?

    package init(running: JSONValue?) { self.running = running }

    /// All of it.
    package func findings(_ snapshot: Snapshot) -> [DoctorFinding] {
        var findings = snapshot.listeners.map { listener in
            port(listener.address, "listener \(listener.name)", isHeld: holds(listener))
        }
        if let admin = snapshot.admin {
            findings.append(port(admin.address, "admin address", isHeld: running != nil))
        }
        if let control = snapshot.control {
            findings.append(folder(FilePath.folder(of: control.socket), "control socket", snapshot))
        }
        findings.append(state(snapshot))
        if let file = snapshot.weightsFile { findings += weights(file, snapshot) }
        return findings
    }

    private func holds(_ listener: ListenerSettings) -> Bool {
        let names = running?["listeners"]?.elements?.map { $0["name"]?.text }
        return names?.contains(listener.name) ?? false
    }

    private func port(_ setting: AddressSetting, _ what: String, isHeld: Bool) -> DoctorFinding {
        let topic = "\(what) \(setting)"
        guard setting.port != 0 else { return DoctorFinding(.ok, topic, "any free port") }
        do throws(Errno) {
            let address = try DataPlane.address(toListenOn: setting)
            _ = try ListeningSocket.listen(on: address, sharesPort: false)
            return DoctorFinding(.ok, topic, "free")
        } catch .addressInUse where isHeld {
            return DoctorFinding(.ok, topic, "held by the running sluice")
        } catch .addressInUse {
            return DoctorFinding(
                .fail, topic, "somebody else listens there",
                advice: "ss -ltnp shows who; stop it, or name another port")
        } catch .permissionDenied {
            return DoctorFinding(
                .fail, topic, "permission denied",
                advice: "ports below \(SystemFacts.firstUnprivilegedPort) need "
                    + "CAP_NET_BIND_SERVICE: start as root with `user`, or by the unit")
        } catch .addressNotAvailable {
            return DoctorFinding(
                .fail, topic, "this machine does not have that address",
                advice: "ip address shows those that it has")
        } catch {
            return DoctorFinding(.fail, topic, "\(error)")
        }
    }

    /// Whether those whose rights the process will have may make files in a folder.
    private func folder(_ path: String, _ topic: String, _ snapshot: Snapshot) -> DoctorFinding {
        guard FileFacts(path: path) != nil else {
            return DoctorFinding(
                .fail, topic, "the folder \(path) is not there", advice: "mkdir -p \(path)")
        }
        if let fault = Self.fault(of: path, snapshot) {
            return DoctorFinding(.fail, topic, "\(path): \(fault.text)", advice: fault.advice)
        }
        return DoctorFinding(.ok, topic, "\(path) can be written to")
    }

    private static func fault(
        of path: String, _ snapshot: Snapshot
    ) -> (text: String, advice: String)? {
        let advice: String
        if let identity = IdentityCheck.identity(snapshot), ProcessIdentity.isRoot {
            let owner = SystemFacts.owner(of: path)
            // A folder that everybody may write to, as /tmp, is anybody's.
            if owner == identity.user || FileFacts.permissions(of: path).map({ $0 & 0o002 }) == 2 {
                return nil
            }
            let user = snapshot.identity?.user.text ?? ""
            advice = "chown -R \(user) \(path)"
            return ("it does not belong to `user` \(user)", advice)
        }
        return SystemFacts.mayWrite(path)
            ? nil
            : ("this user may not write to it", "chown it, or run doctor as the user that runs")
    }

    private func state(_ snapshot: Snapshot) -> DoctorFinding {
        guard let path = snapshot.stateDirectory else {
            return DoctorFinding(
                .warn, "state_dir",
                "there is none: weights, drains and freezes end with the process",
                advice: "state_dir: /var/lib/sluice")
        }
        // One that is not there is made; its parent has to be.
        if FileFacts(path: path) == nil {
            let parent = FilePath.folder(of: path)
            guard ProcessIdentity.isRoot else {
                return folder(parent, "state_dir \(path), to be made", snapshot)
            }
            let isThere = FileFacts(path: parent) != nil
            return DoctorFinding(
                isThere ? .ok : .fail, "state_dir",
                isThere ? "\(path) will be made" : "the folder \(parent) is not there",
                advice: isThere ? "" : "mkdir -p \(parent)")
        }
        return folder(path, "state_dir", snapshot)
    }

    private func weights(_ file: String, _ snapshot: Snapshot) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        let folder = FilePath.folder(of: FilePath.resolved(file) ?? file)
        if let fault = Self.fault(of: folder, snapshot) {
            findings.append(
                DoctorFinding(
                    .warn, "weight file",
                    "\(folder): \(fault.text): weights that are set by command stand in the "
                        + "state_dir alone", advice: fault.advice))
        } else {
            findings.append(DoctorFinding(.ok, "weight file", "\(file): commands write to it too"))
        }
        if let kind = SystemFacts.silentFileSystem(of: folder) {
            findings.append(
                DoctorFinding(
                    .warn, "weight file", "\(folder) is on \(kind), which tells of no change",
                    advice: "changes are noticed all the same, within a second"))
        } else {
            findings.append(DoctorFinding(.ok, "weight file", "changes are told by inotify"))
        }
        return findings
    }
}
