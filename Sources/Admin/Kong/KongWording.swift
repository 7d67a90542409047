package import Telemetry

/// What is said of Kongs in the log, in the status and by the control API.
package enum KongWording {
    /// What an alarm says of an upstream. `address` gives the address of a target's id.
    package static func text(
        of alarm: KongAlarm, _ standing: KongStanding, address: (Int) -> String?
    ) -> String {
        switch alarm {
        case .twoVersions:
            "answers with \(standing.versions.count) versions of Kong at once: "
                + versions(standing, address)
        case .othersVersion:
            "answers with the Kong version of \(standing.owner ?? "another upstream"), as if "
                + "targets were swapped: \(versions(standing, address))"
        }
    }

    /// What is said when an alarm has ended.
    package static func end(
        of alarm: KongAlarm, _ standing: KongStanding, address: (Int) -> String?
    ) -> String {
        let now = standing.versions.isEmpty ? "" : ": \(versions(standing, address))"
        return switch alarm {
        case .twoVersions: "answers with one version of Kong again\(now)"
        case .othersVersion: "answers with no other upstream's Kong version any more\(now)"
        }
    }

    /// What is said of an upstream whose answers have no sign of Kong.
    package static let unmarked =
        "nothing in its answers tells that they come from Kong (headers = off in kong.conf?): "
        + "who made them, and which version, cannot be told"

    /// What is said when they have one again.
    package static let marked = "its answers tell that they come from Kong"

    private static func versions(
        _ standing: KongStanding, _ address: (Int) -> String?
    ) -> String {
        standing.versions.map { version in
            address(version.target).map { "\(version.version) (last from \($0))" }
                ?? version.version
        }.joined(separator: ", ")
    }
}
