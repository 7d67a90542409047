import Foundation

/// The console blocks of a document: what is typed, and what comes back.
struct Guide {
    struct Command {
        /// Where it is typed: empty for Sluice's machine, or such as `kong-y`.
        let place: String
        let line: String
        var output: String
    }

    let path: String
    private let lines: [String]
    /// The lines that each block takes, its fences left out.
    private let ranges: [Range<Int>]
    let blocks: [[Command]]

    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        lines = text.components(separatedBy: "\n")
        var ranges: [Range<Int>] = []
        var start: Int?
        for (index, line) in lines.enumerated() {
            if line == "```console" {
                start = index + 1
            } else if line == "```", let begin = start {
                ranges.append(begin..<index)
                start = nil
            }
        }
        let all = lines
        self.ranges = ranges
        blocks = ranges.map { Self.commands(all[$0]) }
    }

    private static func commands(_ lines: ArraySlice<String>) -> [Command] {
        var commands: [Command] = []
        for line in lines {
            if let match = line.wholeMatch(of: /([a-z-]*)\$ (.*)/) {
                commands.append(
                    Command(place: String(match.1), line: String(match.2), output: ""))
            } else if !commands.isEmpty {
                commands[commands.count - 1].output += line + "\n"
            }
        }
        return commands
    }

    /// The document with other blocks in the places of its own.
    func text(with blocks: [[Command]]) -> String {
        var result: [String] = []
        var next = 0
        for (range, block) in zip(ranges, blocks) {
            result += lines[next..<range.lowerBound]
            for command in block {
                result.append("\(command.place)$ \(command.line)")
                result += command.output.split(
                    separator: "\n", omittingEmptySubsequences: false
                ).dropLast().map(String.init)
            }
            next = range.upperBound
        }
        result += lines[next...]
        return result.joined(separator: "\n")
    }

    /// Without what differs from one run to the next: times, processes, hashes, widths of columns.
    static func essence(_ text: String) -> String {
        text.replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "TIME")
            .replacing(/[A-Za-z0-9_.-]+ \(pid \d+\)/, with: "WHO")
            .replacing(#/TIME [A-Za-z0-9_.-]+: /#, with: "TIME WHO: ")
            .replacing(/[0-9a-f]{64}/, with: "HASH")
            .replacing(/\d+ (bytes|s|min|h)\b/, with: { "N \($0.output.1)" })
            .replacing(/(active and) \d+/, with: { "\($0.output.1) N" })
            .replacing(/(?i)(date|x-kong-[a-z-]*latency): .*/, with: { "\($0.output.1): V" })
            .replacing(#/[ \t\r]+/#, with: " ")
            .replacing(#/ ?\n/#, with: "\n")
    }
}
