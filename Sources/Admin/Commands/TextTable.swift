/// Rows of words under a heading, in columns as wide as they need to be.
struct TextTable {
    private var rows: [[String]]
    private let numbers: ClosedRange<Int>

    /// The columns in `numbers` stand at the right.
    init(_ heading: [String], numbers: ClosedRange<Int>) {
        rows = [heading]
        self.numbers = numbers
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    func text(indent: Int) -> String {
        let widths = rows[0].indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        let margin = String(repeating: " ", count: indent)
        return rows.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return numbers.contains(column) ? space + row[column] : row[column] + space
            }
            let line = margin + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
