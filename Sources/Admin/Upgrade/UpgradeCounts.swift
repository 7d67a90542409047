package import Telemetry

/// What is counted while an upgrade goes on, over all restarts of Sluice.
package struct UpgradeCounts: Sendable, Equatable {
    /// The split, and when its upgrade began, in milliseconds since 1970: of another upgrade these
    /// are not the counts.
    package let split: String
    package let startMilliseconds: Int64
    /// Since when it is counted: later than the upgrade where what was kept could not be used.
    package let sinceMilliseconds: Int64
    /// Answers of 429 of the old side and of the new one.
    package var stableLimited = 0
    package var candidateLimited = 0
    /// Requests by method and prefix.
    package var prefixes = RequestPrefixes()

    /// Nothing was counted yet.
    package init(split: String, startMilliseconds: Int64, sinceMilliseconds: Int64) {
        self.split = split
        self.startMilliseconds = startMilliseconds
        self.sinceMilliseconds = sinceMilliseconds
    }

    /// Whether they are of the upgrade that a list tells of.
    func isOf(_ list: UpgradeChecklist) -> Bool {
        split == list.split && startMilliseconds == list.start.atMilliseconds
    }
}

/// `upgrade.counts`: a line that says how many upgrades follow, and a line for each.
extension UpgradeCounts {
    private static let form = "sluice upgrade counts 1"

    /// The file's text.
    package static func encoded(_ all: [UpgradeCounts]) -> String {
        head(all.count) + all.map { $0.encoded }.joined()
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package static func decoded(_ bytes: [UInt8]) throws(UpgradeRefusal) -> [UpgradeCounts] {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, let head = lines.first,
            (Array(head) + [0x0a]).elementsEqual(Self.head(lines.count - 1).utf8)
        else { throw .damaged("expected `\(form)` and how many upgrades follow") }
        var all: [UpgradeCounts] = []
        for line in lines.dropFirst() {
            guard let value = try? JSONReader.read(Array(line)), let kept = value["counts"],
                let counts = UpgradeCounts(kept),
                counts.encoded.utf8.elementsEqual(Array(line) + [0x0a])
            else { throw .damaged("expected the text that its checksum was made of") }
            all.append(counts)
        }
        guard Set(all.map(\.split)).count == all.count else {
            throw .damaged("a split is there twice")
        }
        return all
    }

    private static func head(_ count: Int) -> String { "\(form): \(count)\n" }

    private var encoded: String {
        let kept = kept
        let sum = SHA256.hexadecimal(JSONWriter.text(kept).utf8)
        return JSONWriter.line(.object(["sha256": .string(sum), "counts": kept])) + "\n"
    }

    private var kept: JSONValue {
        .object([
            "split": .string(split), "start": .number(startMilliseconds),
            "since": .number(sinceMilliseconds),
            "limited": .array([.number(stableLimited), .number(candidateLimited)]),
            "overflow": .number(prefixes.overflowCount),
            "requests": .array(
                prefixes.rows.map { row in
                    .array([
                        .string(row.text), .number(row.stableCount), .number(row.candidateCount),
                    ])
                }),
        ])
    }

    private init?(_ kept: JSONValue) {
        guard let split = kept["split"]?.text, let start = kept["start"]?.int,
            let since = kept["since"]?.int, let limited = kept["limited"]?.elements,
            limited.count == 2, let stable = limited[0].int, let candidate = limited[1].int,
            let overflow = kept["overflow"]?.int, let requests = kept["requests"]?.elements
        else { return nil }
        self.init(
            split: split, startMilliseconds: Int64(start), sinceMilliseconds: Int64(since))
        stableLimited = stable
        candidateLimited = candidate
        let rows = requests.compactMap { row -> RequestPrefixes.Row? in
            guard let parts = row.elements, parts.count == 3, let text = parts[0].text,
                let stable = parts[1].int, let candidate = parts[2].int
            else { return nil }
            return RequestPrefixes.Row(
                text: text, stableCount: stable, candidateCount: candidate)
        }
        prefixes = RequestPrefixes(rows: rows, overflowCount: overflow)
    }
}
