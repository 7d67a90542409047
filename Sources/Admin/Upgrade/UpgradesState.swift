/// `upgrade.state`: a line that says how many lists follow, and a line for each.
package struct UpgradesState: Sendable, Equatable {
    private static let form = "sluice upgrades 1"

    /// The last upgrade of each split.
    package let lists: [UpgradeChecklist]

    /// Lists to be kept.
    package init(lists: [UpgradeChecklist]) { self.lists = lists }

    /// The file's text.
    package func encoded() -> String {
        Self.head(lists.count) + lists.map { $0.encoded() }.joined()
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(UpgradeRefusal) {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, let head = lines.first,
            (Array(head) + [0x0a]).elementsEqual(Self.head(lines.count - 1).utf8)
        else { throw .damaged("expected `\(Self.form)` and how many upgrades follow") }
        var lists: [UpgradeChecklist] = []
        for line in lines.dropFirst() {
            lists.append(try UpgradeChecklist(decoding: Array(line) + [0x0a]))
        }
        guard Set(lists.map(\.split)).count == lists.count else {
            throw .damaged("a split is there twice")
        }
        self.lists = lists
    }

    private static func head(_ count: Int) -> String { "\(form): \(count)\n" }
}
