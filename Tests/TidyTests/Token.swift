/// A word or a symbol of Swift code; comments and the text of strings give none.
struct Token: Equatable {
    let text: String
    let line: Int
    /// It is the first token of its line.
    let startsLine: Bool
    /// Nothing stands between it and the token before it.
    let isAttached: Bool
}
