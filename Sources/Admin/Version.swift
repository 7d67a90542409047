/// The program's version.
package enum Version {
    /// As `sluice version` and the metrics show it.
    package static let text = "0.1.0"
}
