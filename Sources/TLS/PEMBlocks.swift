/// The blocks of a file in PEM (RFC 7468), by their frames alone: whether each begins and ends.
///
/// OpenSSL takes the end of a file for the end of what it looks for, so that a file which somebody
/// has not written to its end yet would be good without its rest.
struct PEMBlocks: Equatable {
    /// What a block is, and the line where it begins, counted from 1.
    struct Block: Equatable {
        let label: String
        let line: Int
    }

    /// Why it is none, and where.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let line: Int
        let reason: String

        var description: String { "line \(line): \(reason)" }
    }

    private static let beginning = Array("-----BEGIN ".utf8)
    private static let ending = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    private(set) var blocks: [Block] = []

    /// Certificates, in their order.
    var certificates: [Block] {
        let labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]
        return blocks.filter { labels.contains($0.label) }
    }

    /// Looks for frames. What stands between blocks is of no interest.
    init(_ bytes: [UInt8]) throws(Fault) {
        var open: Block?
        var number = 0
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            number += 1
            let text = Self.trimmed(line)
            if text.starts(with: Self.beginning.dropLast()) {
                if let open { throw Self.unfinished(open) }
                open = try Self.opened(text, number)
            } else if text.starts(with: Self.ending.dropLast()) {
                guard let begun = open else {
                    throw Fault(line: number, reason: "a block ends here that does not begin")
                }
                guard Self.label(text, behind: Self.ending) == begun.label else {
                    throw Self.unfinished(begun)
                }
                blocks.append(begun)
                open = nil
            } else if lines.isEmpty, !text.isEmpty, Self.beginning.starts(with: text) {
                // A file that was cut in its last line.
                throw Fault(line: number, reason: "a block begins here and is cut")
            }
        }
        if let open { throw Self.unfinished(open) }
    }

    private static func opened(_ text: ArraySlice<UInt8>, _ number: Int) throws(Fault) -> Block {
        guard let label = label(text, behind: beginning) else {
            throw Fault(line: number, reason: "a block begins here and is cut")
        }
        return Block(label: label, line: number)
    }

    private static func unfinished(_ block: Block) -> Fault {
        Fault(
            line: block.line,
            reason: "the block \(block.label) has no end; the file is cut or half-written")
    }

    /// What stands between the dashes.
    private static func label(
        _ text: ArraySlice<UInt8>, behind start: [UInt8]
    ) -> String? {
        guard text.starts(with: start), text.count > start.count + dashes.count,
            text.suffix(dashes.count).elementsEqual(dashes)
        else { return nil }
        let label = text.dropFirst(start.count).dropLast(dashes.count)
        return String(decoding: label, as: UTF8.self)
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, last <= 0x20 { line.removeLast() }
        return line
    }
}
