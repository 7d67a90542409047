/// Counts on one flat block: a row for each lane, upstream or listener, a column for each kind.
struct CountTable: Sendable {
    let columns: Int
    private var cells: [Int] = []

    init(columns: Int) {
        self.columns = columns
    }

    var rows: Int { cells.count / columns }

    /// Adds rows of zeros until there are `rows` of them; never takes one away.
    mutating func grow(rows: Int) {
        let added = rows - self.rows
        guard added > 0 else { return }
        cells += repeatElement(0, count: added * columns)
    }

    mutating func add(_ amount: Int, row: Int, column: Int = 0) {
        cells[row &* columns &+ column] &+= amount
    }

    mutating func merge(_ other: CountTable) {
        grow(rows: other.rows)
        for index in other.cells.indices { cells[index] &+= other.cells[index] }
    }

    subscript(row row: Int, column column: Int) -> Int {
        cells[row * columns + column]
    }

    func sum(row: Int) -> Int {
        cells[row * columns..<(row + 1) * columns].reduce(0, &+)
    }
}
